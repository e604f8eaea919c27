//! The broker bridge (`src/bridge.rs`) against a real Redis server that is killed in mid-stream.
//!
//! Each test starts its own server on a free port of the loopback interface. If none is installed,
//! the tests print that and pass.

#[path = "../src/bridge.rs"]
mod bridge;

use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bridge::{Delivery, Job, Settings, connect};
use mpmc_std::{Receiver, Sender};

/// The timeout of every wait, long enough for a busy machine. Only failures wait so long.
const LIMIT: Duration = Duration::from_secs(30);
const WINDOW: usize = 64;
const CAPACITY: usize = 8;

/// A Redis server that is killed, and its folder removed, when this is dropped.
struct Broker {
    port: u16,
    folder: PathBuf,
    server: Option<Child>,
}

impl Broker {
    /// Starts a server. Returns `None` if none is installed.
    fn start() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "mpmc-std-broker-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut broker = Self {
            port: listener.local_addr().unwrap().port(),
            folder,
            server: None,
        };
        drop(listener);
        broker.run().then_some(broker)
    }

    /// Starts the server and waits until it listens. Returns `false` if none is installed.
    fn run(&mut self) -> bool {
        let started = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--appendonly", "yes", "--appendfsync", "always"])
            .args(["--save", ""])
            .arg("--dir")
            .arg(&self.folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            Ok(server) => self.server = Some(server),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                eprintln!(
                    "SKIPPED: redis-server is not installed (Debian: apt-get install redis-server)"
                );
                return false;
            }
            Err(error) => panic!("redis-server: {error}"),
        }
        let limit = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < limit, "redis-server does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        true
    }

    /// Kills the server: it writes no more data, and closes no connection in an orderly way.
    fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    fn settings(&self) -> Settings {
        Settings {
            url: format!("redis://127.0.0.1:{}/", self.port),
            stream: "jobs".to_owned(),
            group: "workers".to_owned(),
            consumer: "worker-1".to_owned(),
            window: WINDOW,
            capacity: CAPACITY,
        }
    }

    /// Returns the number of entries that have not been acknowledged.
    async fn length(&self) -> usize {
        let client = redis::Client::open(self.settings().url).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut length = redis::cmd("XLEN");
        length
            .arg("jobs")
            .query_async(&mut connection)
            .await
            .unwrap()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Awaits `future`, but fails instead of hanging.
async fn soon<F: Future>(future: F) -> F::Output {
    let done = tokio::time::timeout(LIMIT, future).await;
    done.expect("the operation ends")
}

fn job(number: u64) -> Job {
    Job {
        number,
        text: format!("job {number}"),
    }
}

async fn send_all(tx: Sender<Job>, numbers: std::ops::Range<u64>) {
    tx.send_many(numbers.map(job))
        .await
        .expect("the uplink stays");
}

async fn receive(rx: &Receiver<Delivery>) -> Delivery {
    let delivery = soon(rx.recv()).await.expect("the downlink stays");
    assert_eq!(delivery.job, job(delivery.job.number));
    delivery
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_killed_in_mid_stream_loses_nothing() {
    const JOBS: u64 = 1500;
    let Some(mut broker) = Broker::start() else {
        return;
    };
    let (tx, rx) = connect(broker.settings()).unwrap();
    let producer = tokio::spawn(send_all(tx, 0..JOBS));

    let mut seen = HashSet::new();
    let mut deliveries = 0;
    let mut kills = [300, 700, 1100].into_iter().peekable();
    while seen.len() < JOBS as usize {
        let delivery = receive(&rx).await;
        deliveries += 1;
        seen.insert(delivery.job.number);
        soon(delivery.acknowledge()).await;
        if kills.next_if(|&at| seen.len() >= at).is_some() {
            broker.kill();
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert!(broker.run());
        }
    }
    assert!(kills.peek().is_none(), "the broker was killed each time");
    soon(producer).await.unwrap();
    assert_eq!(seen, HashSet::from_iter(0..JOBS));
    eprintln!("{JOBS} jobs, {} of them delivered again", deliveries - JOBS);

    // Duplicates may still be in flight; in the end the broker keeps no entry.
    soon(async {
        while broker.length().await > 0 {
            if let Ok(delivery) = rx.try_recv() {
                assert!(seen.contains(&delivery.job.number));
                delivery.acknowledge().await;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_stops_stops_the_producer() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (tx, rx) = connect(broker.settings()).unwrap();
    let watched = tx.downgrade();
    let producer = tokio::spawn(send_all(tx, 0..1000));

    // The producer is ahead by no more than the window, its channel, and the batch that the uplink
    // holds.
    let sent = || watched.upgrade().map_or(1000, |tx| tx.stats().sent);
    let stands_still = async {
        loop {
            let before = sent();
            tokio::time::sleep(Duration::from_millis(200)).await;
            if before > 0 && sent() == before {
                break before;
            }
        }
    };
    let sent_in_vain = soon(stands_still).await;
    assert!(
        sent_in_vain <= (WINDOW + CAPACITY + 32) as u64,
        "{sent_in_vain}"
    );
    assert!(broker.length().await <= WINDOW);

    let mut seen = HashSet::new();
    while seen.len() < 1000 {
        let delivery = receive(&rx).await;
        seen.insert(delivery.job.number);
        soon(delivery.acknowledge()).await;
        if seen.len() % 100 == 0 {
            assert!(broker.length().await <= WINDOW);
        }
    }
    soon(producer).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_consumer_did_not_acknowledge_is_delivered_again() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (tx, rx) = connect(broker.settings()).unwrap();
    send_all(tx, 0..20).await;
    let mut acknowledged = HashSet::new();
    for number in 0..20 {
        let delivery = receive(&rx).await;
        if number % 2 == 0 {
            acknowledged.insert(delivery.job.number);
            soon(delivery.acknowledge()).await;
        }
    }
    drop(rx); // as if this process had ended
    soon(async {
        while broker.length().await > 10 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;

    let (_tx, rx) = connect(broker.settings()).unwrap();
    let mut again = HashSet::new();
    while again.len() < 10 {
        let delivery = receive(&rx).await;
        again.insert(delivery.job.number);
        soon(delivery.acknowledge()).await;
    }
    assert!(again.is_disjoint(&acknowledged));
    assert_eq!(&again | &acknowledged, HashSet::from_iter(0..20));
}
