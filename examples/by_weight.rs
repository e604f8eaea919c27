//! Uploads of very different sizes through a channel that holds at most 64 KiB of them, whatever
//! their number.
//!
//! A channel that is bounded only by count cannot limit the memory: with enough capacity for many
//! small uploads it may hold as many large ones. Here a large upload waits until there is enough
//! free weight for it, and the small ones that were sent later wait behind it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mpmc_std::weighted::{Receiver, SendError, Sender, channel};

const MAX_BYTES: usize = 64 * 1024;
const MAX_UPLOADS: usize = 1024;
const CLIENTS: usize = 4;
const EACH: usize = 50;
/// More than the maximum weight.
const OVERSIZED: usize = MAX_BYTES + 1;

/// The stored uploads, and the maximum weight that waited at any time.
#[derive(Default)]
struct Stored {
    uploads: AtomicUsize,
    bytes: AtomicUsize,
    backlog: AtomicUsize,
}

/// Sizes from a few bytes up to half of the limit.
fn size(client: usize, number: usize) -> usize {
    if number % 10 == client {
        MAX_BYTES / 2
    } else {
        100 + 37 * number
    }
}

async fn upload(client: usize, tx: Sender<Vec<u8>>) -> usize {
    let mut sent = 0;
    for number in 0..EACH {
        // The weight is reserved before the bytes are read, so that they need not wait in memory.
        let size = size(client, number);
        let permit = tx.reserve(size).await.expect("the store is running");
        let body = vec![0; size];
        permit.send(body).expect("as large as its permit");
        sent += size;
    }
    sent
}

async fn store(rx: Receiver<Vec<u8>>, stored: &Stored) {
    while let Some(body) = rx.recv().await {
        stored.backlog.fetch_max(rx.weight(), Ordering::Relaxed);
        tokio::time::sleep(Duration::from_micros(body.len() as u64 / 100)).await;
        stored.bytes.fetch_add(body.len(), Ordering::Relaxed);
        stored.uploads.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::main]
async fn main() {
    let (tx, rx) = channel(MAX_UPLOADS, MAX_BYTES);

    // It could never fit, so it is returned at once.
    match tx.send(vec![0; OVERSIZED]).await {
        Err(SendError::TooHeavy(body)) => println!("refused: {} bytes", body.len()),
        other => panic!("it cannot be sent: {other:?}"),
    }

    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| tokio::spawn(upload(client, tx.clone())))
        .collect();
    drop(tx);
    let stored = Stored::default();
    tokio::join!(store(rx.clone(), &stored), store(rx, &stored));

    let mut sent = 0;
    for client in clients {
        sent += client.await.expect("a client does not panic");
    }
    assert_eq!(stored.uploads.into_inner(), CLIENTS * EACH);
    assert_eq!(stored.bytes.into_inner(), sent);
    let backlog = stored.backlog.into_inner();
    assert!(backlog <= MAX_BYTES, "{backlog}");
    println!(
        "stored: {} uploads, {sent} bytes, never more than {MAX_BYTES} at a time",
        CLIENTS * EACH
    );
}
