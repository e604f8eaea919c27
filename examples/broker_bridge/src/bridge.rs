//! A channel with a broker in the middle: messages go through a Redis stream, and survive a crash.
//!
//! ```text
//!   Sender<Job> ─► channel ─► uplink ─XADD─► [ Redis stream ] ─XREADGROUP─► downlink
//!                                                  ▲                           │
//!                   acknowledgements ──XACK, XDEL──┘                           ▼
//!                          ▲                                                channel
//!                          │                                                   │
//!                       channel ◄──────── Receiver<Delivery> ◄─────────────────┘
//! ```
//!
//! * **Backpressure.** An entry stays in the stream until it is acknowledged, and the uplink adds
//!   none beyond `window`. When the consumer stops, the stream fills up, then the channel, and then
//!   `send` waits.
//! * **At least once.** The uplink drops a job only when the broker has confirmed that it is on
//!   disk, and the broker drops it only when the consumer has acknowledged it. A command without an
//!   answer is repeated, so a job may arrive twice; its number identifies it.
//!
//! The window is exact for one uplink per stream.

use std::sync::Arc;
use std::time::Duration;

use mpmc_std::{Receiver, Sender, channel};
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamId, StreamReadOptions, StreamReadReply};
use redis::{Client, Cmd, FromRedisValue, Pipeline, RedisError, RedisResult, pipe};
use tokio::time::sleep;

/// The maximum number of entries in one command.
const BATCH: usize = 32;
/// The time before the next attempt if the broker is not available, or the window is full.
const PAUSE: Duration = Duration::from_millis(10);
/// The time that the broker may block the downlink until an entry arrives. Less than the client's
/// timeout for an answer.
const BLOCK: usize = 100;

/// The address of the stream, and its limits.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) url: String,
    /// The stream's key.
    pub(crate) stream: String,
    pub(crate) group: String,
    /// The name of the consumer. It must be the same after a restart: the broker keeps the entries
    /// that this consumer has not acknowledged.
    pub(crate) consumer: String,
    /// The maximum number of unacknowledged entries.
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
    /// Acknowledges that the job is done, so that the broker need not deliver it again.
    pub(crate) async fn acknowledge(self) {
        // Fails only while the runtime shuts down. Then the job is delivered once more, as it must
        // be.
        let _ = self.done.send(self.id).await;
    }
}

/// Creates a channel like [`mpmc_std::channel`], with a broker in the middle. Must be called inside
/// a tokio runtime.
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

/// A connection that is replaced after every error.
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
        // After an error the connection is dropped, because it is unknown whether the commands were
        // executed.
        let answer = commands.query_async(&mut connection).await?;
        self.connection = Some(connection);
        Ok(answer)
    }
}

/// Adds jobs to the stream until the senders have been dropped.
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
/// Checks the window in each attempt: a batch whose answer was lost may be in the stream already.
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

/// Reads entries from the stream until the receivers have been dropped.
async fn downlink(
    settings: Arc<Settings>,
    mut link: Link,
    deliveries: Sender<Delivery>,
    done: Sender<String>,
) {
    /// Entries that have not been delivered to any consumer yet.
    const NEW: &str = ">";
    /// Entries that were delivered to this consumer, and are not acknowledged, from the first one.
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
                // An answer may have been lost, and with it entries that are pending now.
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

/// Removes acknowledged entries from the stream until all acknowledging handles are dropped.
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
        // Both commands can be repeated without effect.
        while let Err(error) = link.run::<()>(&commands).await {
            eprintln!("acknowledgements: {error}; trying again");
            sleep(PAUSE).await;
        }
        ids.clear();
    }
}
