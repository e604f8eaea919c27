//! Finding the slow stage of a pipeline from `stats()`, while the pipeline runs.
//!
//! A full channel does not tell which stage is slow: if the last stage is slow, every channel
//! before it fills up. The side of each channel that *waits* tells, and `parks` counts that. Over
//! an interval, the slow stage is the receiver of the last channel whose senders waited more often
//! than its receivers. If there is no such channel, the first stage is the slow one.
//!
//! The monitoring task holds only weak senders, so it does not keep the channels open.

use std::time::Duration;

use mpmc_std::{Receiver, Sender, Stats, WeakSender, channel};
use tokio::time::sleep;

const STAGES: [&str; 3] = ["reader", "parser", "writer"];
const MESSAGES: u64 = 300;
const INTERVAL: Duration = Duration::from_millis(50);

/// The stats of the two channels at one time.
type Sample = [Stats; 2];

/// The number of times that each side of a channel began to wait between two samples: senders,
/// receivers.
fn waits(before: &Stats, after: &Stats) -> (u64, u64) {
    (
        after.senders.parks - before.senders.parks,
        after.receivers.parks - before.receivers.parks,
    )
}

/// Returns the stage that the others waited for between two samples.
fn slow_stage(before: &Sample, after: &Sample) -> usize {
    let held_up = (0..2).rev().find(|&channel| {
        let (senders, receivers) = waits(&before[channel], &after[channel]);
        senders > receivers
    });
    held_up.map_or(0, |channel| channel + 1)
}

/// Prints a line for each interval. Returns the stage that was slow from the start to the last
/// sample in which every stage was still running.
async fn watch(watched: [WeakSender<u64>; 2], start: Sample) -> usize {
    let mut before = start;
    loop {
        sleep(INTERVAL).await;
        let after = watched.each_ref().map(WeakSender::stats);
        if after.iter().any(|stats| stats.senders.handles == 0) {
            return slow_stage(&start, &before);
        }
        for (channel, stats) in after.iter().enumerate() {
            let (senders, receivers) = waits(&before[channel], stats);
            println!(
                "  {} -> {}: received {:>3}, holds {}/{}, waits of the sender {senders}, of the receiver \
                 {receivers}",
                STAGES[channel],
                STAGES[channel + 1],
                stats.received,
                stats.len,
                stats.max_capacity,
            );
        }
        println!("  slow stage: {}", STAGES[slow_stage(&before, &after)]);
        before = after;
    }
}

async fn work(stage: usize, slow: usize) {
    if stage == slow {
        sleep(Duration::from_millis(1)).await;
    }
}

async fn read(parser: Sender<u64>, slow: usize) {
    for number in 0..MESSAGES {
        work(0, slow).await;
        parser.send(number).await.expect("the parser runs");
    }
}

async fn parse(lines: Receiver<u64>, writer: Sender<u64>, slow: usize) {
    while let Some(number) = lines.recv().await {
        work(1, slow).await;
        writer.send(number).await.expect("the writer runs");
    }
}

async fn write(parsed: Receiver<u64>, slow: usize) -> u64 {
    let mut sum = 0;
    while let Some(number) = parsed.recv().await {
        work(2, slow).await;
        sum += number;
    }
    sum
}

#[tokio::main]
async fn main() {
    for (slow, stage) in STAGES.into_iter().enumerate() {
        println!("a pipeline whose {stage} is slow:");
        let (to_parser, at_parser) = channel(8);
        let (to_writer, at_writer) = channel(8);
        let start = [to_parser.stats(), to_writer.stats()];
        let watched = [to_parser.downgrade(), to_writer.downgrade()];
        let watch = tokio::spawn(watch(watched, start));

        let reader = tokio::spawn(read(to_parser, slow));
        let parser = tokio::spawn(parse(at_parser, to_writer, slow));
        let sum = write(at_writer, slow).await;

        reader.await.expect("the reader does not panic");
        parser.await.expect("the parser does not panic");
        assert_eq!(sum, (0..MESSAGES).sum());
        let found = watch.await.expect("the watch does not panic");
        assert_eq!(STAGES[found], stage);
    }
    println!("the slow stage was found in each of 3 pipelines");
}
