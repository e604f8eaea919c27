//! Futures dropped at random moments on a busy multi-threaded runtime: every message still arrives,
//! once and in order.

use std::time::Duration;

use futures::StreamExt;
use mpmc_std::{Receiver, Sender, channel};
use tokio::time::{sleep, timeout};

use crate::harness::{Log, Message, Progress, assert_complete_and_in_order, soon_while_it_moves};
use crate::harness::{PseudoRandom, soon};

const TASKS: usize = 6;
const EACH: usize = 2000;

/// Completes at once, after a few yields or, rarely, after a short sleep.
async fn lose_patience(random: &mut PseudoRandom) {
    match random.below(64) {
        0 => sleep(Duration::from_millis(1)).await,
        turns => {
            for _ in 0..turns % 4 {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Sends each message again and again until a send has succeeded. One that was cancelled and sent
/// all the same would arrive twice.
async fn send_impatiently(tx: Sender<Message>, sender: usize, progress: Progress) {
    let mut random = PseudoRandom(sender as u64);
    for number in 0..EACH {
        loop {
            tokio::select! {
                sent = tx.send((sender, number)) => break sent.unwrap(),
                () = lose_patience(&mut random) => {}
            }
        }
        progress.made();
    }
}

/// Receives with futures that are mostly dropped. A message that a cancelled one took would be
/// missing.
async fn receive_impatiently(mut rx: Receiver<Message>, receiver: usize) -> Log {
    let mut random = PseudoRandom((TASKS + receiver) as u64);
    let mut log = Log::new();
    loop {
        let received = match random.below(3) {
            0 => tokio::select! {
                message = rx.recv() => message,
                () = lose_patience(&mut random) => continue,
            },
            1 => tokio::select! {
                message = rx.next() => message,
                () = lose_patience(&mut random) => continue,
            },
            _ => match timeout(Duration::from_micros(random.below(300)), rx.recv()).await {
                Ok(message) => message,
                Err(_) => continue,
            },
        };
        match received {
            Some(message) => log.push(message),
            None => return log,
        }
    }
}

async fn receive_patiently(rx: Receiver<Message>) -> Log {
    let mut log = Log::new();
    while let Some(message) = rx.recv().await {
        log.push(message);
    }
    log
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn futures_dropped_at_random_lose_and_duplicate_nothing() {
    for capacity in [1, 2, 3, 16] {
        let (tx, rx) = channel(capacity);
        let progress = Progress::default();
        let senders: Vec<_> = (0..TASKS)
            .map(|sender| tokio::spawn(send_impatiently(tx.clone(), sender, progress.clone())))
            .collect();
        drop(tx);
        let mut receivers: Vec<_> = (0..TASKS)
            .map(|receiver| tokio::spawn(receive_impatiently(rx.clone(), receiver)))
            .collect();
        // A receiver that is never cancelled hangs if a cancelled one loses a wakeup.
        receivers.push(tokio::spawn(receive_patiently(rx)));
        for sender in senders {
            soon_while_it_moves(&progress, sender).await.unwrap();
        }
        let mut logs = Vec::new();
        for receiver in receivers {
            logs.push(soon(receiver).await.unwrap());
        }
        assert_complete_and_in_order(&logs, TASKS, EACH);
    }
}
