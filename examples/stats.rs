//! A pipeline of two channels that is watched while it runs, to find its slow stage.
//!
//! The watch holds weak senders only, so it does not keep the channels open, and it ends with them.

use std::time::Duration;

use mpmc_std::{Stats, WeakSender, channel};
use tokio::time::sleep;

const MESSAGES: u64 = 300;

/// What the figures say about a channel.
fn diagnosis(stats: &Stats) -> &'static str {
    if stats.closed {
        "closed, being drained"
    } else if stats.len + stats.permits >= stats.max_capacity {
        "full: its receivers are slow"
    } else if stats.len == 0 && stats.receivers.parked > 0 {
        "empty: its senders are slow"
    } else {
        "flowing"
    }
}

fn print(name: &str, stats: &Stats) {
    println!(
        "{name}: sent {:>3}, received {:>3}, holds {}/{}, senders parked {} times, receivers {} times: {}",
        stats.sent,
        stats.received,
        stats.len,
        stats.max_capacity,
        stats.senders.parks,
        stats.receivers.parks,
        diagnosis(stats)
    );
}

/// Prints the figures every so often until the channel has no senders any more.
async fn watch(name: &'static str, watched: WeakSender<u64>) {
    loop {
        let stats = watched.stats();
        if stats.senders.handles == 0 {
            return;
        }
        print(name, &stats);
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::main]
async fn main() {
    let (read, at_parser) = channel(8);
    let (parsed, at_writer) = channel(8);
    let watches = [
        tokio::spawn(watch("reader -> parser", read.downgrade())),
        tokio::spawn(watch("parser -> writer", parsed.downgrade())),
    ];

    tokio::spawn(async move {
        for number in 0..MESSAGES {
            read.send(number).await.unwrap();
        }
    });
    let between = at_parser.clone(); // for its figures at the end
    tokio::spawn(async move {
        while let Some(number) = at_parser.recv().await {
            parsed.send(number).await.unwrap();
        }
    });

    let mut sum = 0;
    while let Some(number) = at_writer.recv().await {
        sleep(Duration::from_millis(1)).await; // the slow stage
        sum += number;
    }
    for watch in watches {
        watch.await.unwrap();
    }

    assert_eq!(sum, (0..MESSAGES).sum());
    for (name, stats) in [
        ("reader -> parser", between.stats()),
        ("parser -> writer", at_writer.stats()),
    ] {
        assert_eq!(
            (stats.sent, stats.received, stats.len),
            (MESSAGES, MESSAGES, 0)
        );
        assert_eq!(stats.senders.handles, 0);
        // The slow writer is felt all the way up: senders had to wait in both channels.
        assert!(stats.senders.parks > 0, "{name}: {stats:#?}");
    }
    println!("both channels have carried {MESSAGES} messages; the writer was the slow stage");
}
