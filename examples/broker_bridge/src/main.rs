//! A `Sink` and `Stream` pipeline whose middle channel is a broker, so that no job is lost in a
//! crash.
//!
//! `examples/broker_bridge/run.sh` starts its own broker and runs this. To use another one, pass
//! its address:
//! `cargo run -p broker_bridge -- redis://127.0.0.1:6379/`

mod bridge;

use std::collections::HashSet;
use std::process::ExitCode;

use bridge::{Job, Settings, connect};
use futures::{StreamExt, stream};

const JOBS: u64 = 2000;

#[tokio::main]
async fn main() -> ExitCode {
    let Some(url) = std::env::args().nth(1) else {
        eprintln!(
            "usage: broker_bridge redis://127.0.0.1:PORT/   (or run examples/broker_bridge/run.sh)"
        );
        return ExitCode::FAILURE;
    };
    let settings = Settings {
        url,
        stream: "mpmc-std-example".to_owned(),
        group: "workers".to_owned(),
        consumer: "worker-1".to_owned(),
        window: 256,
        capacity: 32,
    };
    // With `mpmc_std::channel(32)` here, and no acknowledgement below, this is the same pipeline
    // inside one process.
    let (tx, rx) = connect(settings).expect("an address of a broker");

    let jobs = (0..JOBS).map(|number| Job {
        number,
        text: format!("job {number}"),
    });
    let producer = tokio::spawn(stream::iter(jobs).map(Ok).forward(tx));

    let mut rx = rx;
    let mut done = HashSet::new();
    while done.len() < JOBS as usize {
        let delivery = rx.next().await.expect("the bridge stays until we go");
        assert_eq!(delivery.job.text, format!("job {}", delivery.job.number));
        // A job that arrives again has been done: only its acknowledgement was lost.
        done.insert(delivery.job.number);
        delivery.acknowledge().await;
    }

    producer.await.unwrap().expect("the uplink stays as well");
    println!("{JOBS} jobs went through the broker, none was lost");
    ExitCode::SUCCESS
}
