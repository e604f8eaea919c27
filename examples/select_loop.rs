//! A writer that collects rows into batches: a batch is written when it is full, or when it has
//! waited long enough.
//!
//! The loop selects between three futures. No message is lost when a branch is dropped because
//! another was ready first: a receive that has not finished has not received.

use std::time::Duration;

use mpmc_std::{Receiver, channel};
use tokio::time::{Instant, sleep_until};

const ROWS: u32 = 1000;
const FULL: usize = 64;
const MAX_DELAY: Duration = Duration::from_millis(5);

/// Represents a database: each call is one transaction.
#[derive(Default)]
struct Database {
    transactions: Vec<Vec<u32>>,
}

impl Database {
    async fn write(&mut self, batch: &mut Vec<u32>) {
        if !batch.is_empty() {
            self.transactions.push(std::mem::take(batch));
        }
    }
}

async fn write_batches(rows: Receiver<u32>, flush: Receiver<()>) -> Database {
    let mut database = Database::default();
    let mut batch = Vec::with_capacity(FULL);
    let mut deadline = Instant::now() + MAX_DELAY;
    loop {
        let free = FULL - batch.len();
        tokio::select! {
            // Polled from top to bottom, so that a steady flow of rows cannot delay the other two.
            biased;
            Some(()) = flush.recv() => database.write(&mut batch).await,
            () = sleep_until(deadline), if !batch.is_empty() => database.write(&mut batch).await,
            count = rows.recv_many(&mut batch, free) => {
                if count == 0 {
                    break; // closed, and everything has been received
                }
                if batch.len() == count {
                    deadline = Instant::now() + MAX_DELAY; // the first rows of this batch
                }
                if batch.len() == FULL {
                    database.write(&mut batch).await;
                }
            }
        }
    }
    database.write(&mut batch).await;
    database
}

#[tokio::main]
async fn main() {
    let (rows, at_writer) = channel(256);
    let (flush, flushes) = channel(1);
    let writer = tokio::spawn(write_batches(at_writer, flushes));

    for row in 0..ROWS {
        rows.send(row).await.unwrap();
        if row % 300 == 299 {
            // No rows for a while: the deadline writes the batch.
            tokio::time::sleep(2 * MAX_DELAY).await;
        }
    }
    flush.send(()).await.unwrap();
    drop(rows); // the writer ends; `flush` may stay open

    let database = writer.await.unwrap();
    assert!(database.transactions.iter().all(|rows| rows.len() <= FULL));
    let written: Vec<u32> = database.transactions.concat();
    assert!(written.into_iter().eq(0..ROWS));
    println!(
        "{ROWS} rows written in {} transactions, each once and in order",
        database.transactions.len()
    );
}
