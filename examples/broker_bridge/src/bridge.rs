//! A channel whose middle is a broker: what is sent goes through a Redis stream, and survives a crash.
//!
//! ```text
//!   Sender<Job> ─► channel ─► uplink ─XADD─► [ Redis stream ] ─XREADGROUP─► downlink ─► channel ─► Receiver<Delivery>
//!                                                  ▲                                                    │
//!                                                  └─XACK, XDEL─ acknowledgements ◄─ channel ◄──────────┘
//! ```
//!
//! * **Backpressure.** An entry stays in the stream until it is acknowledged, and the uplink adds none beyond
//!   `window`. When the consumer stops, the stream fills up, then the channel, and then `send` waits.
//! * **At least once.** The uplink forgets a job only when the broker has answered that it is on disk, and the
//!   broker forgets it only when the consumer has acknowledged it. Whatever has no answer is done again, so a
//!   job may arrive twice; its number tells.
//!
//! The window is exact for one uplink per stream.

use std::sync::Arc;
use std::time::Duration;

use mpmc_std::{Receiver, Sender, channel};
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamId, StreamReadOptions, StreamReadReply};
use redis::{Client, Cmd, FromRedisValue, Pipeline, RedisError, RedisResult, pipe};
use tokio::time::sleep;

/// How many entries go over the wire at a time.
const BATCH: usize = 32;
/// How long to wait before looking again at a broker that is away, or at a window that is full.
const PAUSE: Duration = Duration::from_millis(10);
/// How long the broker may let the downlink wait for an entry. Less than the client's limit for an answer.
const BLOCK: usize = 100;

/// Where the stream is and how much may be in it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) url: String,
    /// The stream's key.
    pub(crate) stream: String,
    pub(crate) group: String,
    /// Must be the same after a restart: the broker keeps what this consumer has not acknowledged.
    pub(crate) consumer: String,
    /// How many entries may be unacknowledged.
    pub(crate) window: usize,
    /// The capacity of the channel on either side.
    pub(crate) capacity: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) number: u64,
    pub(crate) text: String,
}

/// A job that the broker keeps until it is acknowledged.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) job: Job,
    id: String,
    done: Sender<String>,
}

impl Delivery {
    /// Says that the job is done, so that the broker need not deliver it again.
    pub(crate) async fn acknowledge(self) {
        // Fails only when the runtime is going down. Then the job is delivered once more, as it must be.
        let _ = self.done.send(self.id).await;
    }
}

/// [`mpmc_std::channel`] with a broker in the middle. Must be called inside a tokio runtime.
pub(crate) fn connect(settings: Settings) -> RedisResult<(Sender<Job>, Receiver<Delivery>)> {
    let client = Client::open(settings.url.as_str())?;
    let settings = Arc::new(settings);
    let (tx, jobs) = channel(settings.capacity);
    let (deliveries, rx) = channel(settings.capacity);
    let (done, acknowledged) = channel(settings.window);
    let link = || Link::new(client.clone());
    tokio::spawn(uplink(Arc::clone(&settings), link(), jobs));
    tokio::spawn(downlink(Arc::clone(&settings), link(), deliveries, done));
    tokio::spawn(acknowledge(settings, link(), acknowledged));
    Ok((tx, rx))
}

/// A connection that is made again after every error.
struct Link {
    client: Client,
    connection: Option<MultiplexedConnection>,
}

impl Link {
    fn new(client: Client) -> Self {
        Self {
            client,
            connection: None,
        }
    }

    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        self.client.get_multiplexed_async_connection().await
    }

    async fn run<T: FromRedisValue>(&mut self, commands: &Pipeline) -> RedisResult<T> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        // An error leaves no connection behind: whether the commands were carried out is not known.
        let answer = commands.query_async(&mut connection).await?;
        self.connection = Some(connection);
        Ok(answer)
    }
}

/// Carries jobs into the stream until the senders are gone.
async fn uplink(settings: Arc<Settings>, mut link: Link, jobs: Receiver<Job>) {
    let limit = BATCH.min(settings.window);
    let mut batch = Vec::with_capacity(limit);
    while jobs.recv_many(&mut batch, limit).await > 0 {
        while let Err(error) = publish(&settings, &mut link, &batch).await {
            if let Some(error) = error {
                eprintln!("uplink: {error}; trying again");
            }
            sleep(PAUSE).await;
        }
        batch.clear();
    }
}

/// Adds a batch to the stream if it fits into the window; fails with `None` if not.
///
/// Looks at the window each time: a batch whose answer was lost may be in the stream already.
async fn publish(
    settings: &Settings,
    link: &mut Link,
    batch: &[Job],
) -> Result<(), Option<RedisError>> {
    let (length,): (usize,) = link.run(pipe().xlen(&settings.stream)).await?;
    if length + batch.len() > settings.window {
        return Err(None);
    }
    let mut commands = pipe();
    for job in batch {
        let fields = [
            ("number", job.number.to_string()),
            ("text", job.text.clone()),
        ];
        commands.xadd(&settings.stream, "*", &fields).ignore();
    }
    Ok(link.run(&commands).await?)
}

/// Carries entries out of the stream until the receivers are gone.
async fn downlink(
    settings: Arc<Settings>,
    mut link: Link,
    deliveries: Sender<Delivery>,
    done: Sender<String>,
) {
    /// Entries that no consumer has been given yet.
    const NEW: &str = ">";
    /// Entries that this consumer has been given and has not acknowledged, from the first one.
    const PENDING: &str = "0";

    let mut after = PENDING.to_owned();
    loop {
        let read = tokio::select! {
            () = deliveries.closed() => return,
            read = read(&settings, &mut link, &after) => read,
        };
        let entries = match read {
            Ok(entries) => entries,
            Err(error) => {
                eprintln!("downlink: {error}; trying again");
                sleep(PAUSE).await;
                // An answer may have been lost on its way, and with it entries that are pending now.
                after = PENDING.to_owned();
                continue;
            }
        };
        if after != NEW {
            after = entries
                .last()
                .map_or(NEW.to_owned(), |entry| entry.id.clone());
        }
        for entry in entries {
            let job = Job {
                number: entry.get("number").expect("only the uplink adds entries"),
                text: entry.get("text").expect("only the uplink adds entries"),
            };
            let delivery = Delivery {
                job,
                id: entry.id,
                done: done.clone(),
            };
            if deliveries.send(delivery).await.is_err() {
                return;
            }
        }
    }
}

async fn read(settings: &Settings, link: &mut Link, after: &str) -> RedisResult<Vec<StreamId>> {
    if link.connection.is_none() {
        let mut connection = link.connect().await?;
        let create = Cmd::xgroup_create_mkstream(&settings.stream, &settings.group, "0");
        match create.query_async::<()>(&mut connection).await {
            Err(error) if error.code() == Some("BUSYGROUP") => {} // it exists
            created => created?,
        }
        link.connection = Some(connection);
    }
    let options = StreamReadOptions::default()
        .group(&settings.group, &settings.consumer)
        .count(BATCH)
        .block(BLOCK);
    let mut commands = pipe();
    commands.xread_options(&[&settings.stream], &[after], &options);
    let (reply,): (Option<StreamReadReply>,) = link.run(&commands).await?;
    let streams = reply.unwrap_or_default().keys;
    Ok(streams.into_iter().flat_map(|stream| stream.ids).collect())
}

/// Takes acknowledged entries out of the stream until all acknowledging handles are dropped.
async fn acknowledge(settings: Arc<Settings>, mut link: Link, acknowledged: Receiver<String>) {
    let mut ids = Vec::with_capacity(BATCH);
    while acknowledged.recv_many(&mut ids, BATCH).await > 0 {
        let mut commands = pipe();
        commands
            .atomic()
            .xack(&settings.stream, &settings.group, &ids)
            .ignore()
            .xdel(&settings.stream, &ids)
            .ignore();
        // Doing it twice does no harm.
        while let Err(error) = link.run::<()>(&commands).await {
            eprintln!("acknowledgements: {error}; trying again");
            sleep(PAUSE).await;
        }
        ids.clear();
    }
}
