//! A crate that uses the channel and checks a small program of its own under loom. `.ci/downstream`
//! runs it.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test --release
//! ```

#[cfg(not(loom))]
use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(loom)]
use loom::sync::atomic::{AtomicUsize, Ordering};

use mpmc_std::{Receiver, Sender};

/// The number of jobs that have been submitted and are not done.
#[derive(Debug)]
pub struct Pending(AtomicUsize);

impl Pending {
    pub fn none() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// Counts and sends a job. Returns whether a worker exists.
    pub async fn submit(&self, jobs: &Sender<usize>, job: usize) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed);
        jobs.send(job).await.is_ok()
    }

    /// Counts a job only after it was sent. This is wrong, because a worker may have done it
    /// already.
    pub async fn submit_and_count(&self, jobs: &Sender<usize>, job: usize) -> bool {
        let sent = jobs.send(job).await.is_ok();
        self.0.fetch_add(1, Ordering::Relaxed);
        sent
    }

    /// Does jobs until the channel ends, and returns their sum.
    pub async fn work(&self, jobs: &Receiver<usize>) -> usize {
        let mut sum = 0;
        while let Some(job) = jobs.recv().await {
            sum += job;
            let pending = self.0.fetch_sub(1, Ordering::Relaxed);
            assert!(pending > 0, "a job was done before it was counted");
        }
        sum
    }
}

#[cfg(all(test, loom))]
mod models {
    use std::sync::atomic::AtomicU64;
    use std::time::Instant;

    use loom::future::block_on;
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    /// Runs `model` in every interleaving with at most `preemptions` preemptions.
    fn explore(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
        let bound = builder.preemption_bound;
        let executions = std::sync::Arc::new(AtomicU64::new(0));
        let count = std::sync::Arc::clone(&executions);
        let start = Instant::now();
        builder.check(move || {
            count.fetch_add(1, Ordering::Relaxed);
            model();
        });
        let executions = executions.load(Ordering::Relaxed);
        println!(
            "{executions} executions, {:.1?}, preemptions: {bound:?}",
            start.elapsed()
        );
        assert!(executions > 1, "the model has only one interleaving");
    }

    #[test]
    fn jobs_are_counted_before_they_are_done() {
        explore(2, || {
            let pending = Arc::new(Pending::none());
            let (tx, rx) = mpmc_std::channel(1);
            let worker = thread::spawn({
                let pending = Arc::clone(&pending);
                move || block_on(pending.work(&rx))
            });
            assert!(block_on(pending.submit(&tx, 1)));
            drop(tx);
            assert_eq!(worker.join().unwrap(), 1);
            assert_eq!(pending.0.load(Ordering::Relaxed), 0);
        });
    }

    #[test]
    #[should_panic(expected = "before it was counted")]
    fn the_model_finds_a_job_that_is_counted_late() {
        explore(2, || {
            let pending = Arc::new(Pending::none());
            let (tx, rx) = mpmc_std::channel(1);
            let worker = thread::spawn({
                let pending = Arc::clone(&pending);
                move || block_on(pending.work(&rx))
            });
            assert!(block_on(pending.submit_and_count(&tx, 1)));
            drop(tx);
            worker.join().unwrap();
        });
    }

    #[test]
    fn two_workers_share_the_jobs() {
        explore(1, || {
            let pending = Arc::new(Pending::none());
            let (tx, rx) = mpmc_std::channel(2);
            let other = thread::spawn({
                let (pending, rx) = (Arc::clone(&pending), rx.clone());
                move || block_on(pending.work(&rx))
            });
            for job in [1, 2] {
                assert!(block_on(pending.submit(&tx, job)));
            }
            drop(tx);
            let sum = block_on(pending.work(&rx));
            assert_eq!(sum + other.join().unwrap(), 3);
        });
    }

    #[test]
    fn an_unreceived_message_is_returned_or_dropped() {
        explore(1, || {
            let (tx, rx) = mpmc_std::channel(1);
            let receiver = thread::spawn(move || block_on(rx.recv()));
            let sent = [1, 2].map(|job| block_on(tx.send(job)).is_ok());
            // The second message is sent if the receiver still exists, which then drops it.
            assert!(sent[0]);
            assert_eq!(receiver.join().unwrap(), Some(1));
            assert!(tx.is_closed() && tx.is_empty());
        });
    }

    /// Needs blocking calls and therefore the feature `std`, which loom enables.
    #[test]
    fn threads_block_in_the_model() {
        explore(2, || {
            let (tx, rx) = mpmc_std::blocking::channel(1);
            let receiver = thread::spawn(move || rx.iter().sum::<usize>());
            tx.send(1).unwrap();
            drop(tx);
            assert_eq!(receiver.join().unwrap(), 1);
        });
    }

    /// A model has no clock, so the timeout never expires.
    #[cfg(feature = "tokio")]
    #[test]
    fn a_send_with_a_timeout_waits_for_the_receiver() {
        use std::time::Duration;

        explore(2, || {
            let (tx, rx) = mpmc_std::channel(1);
            tx.try_send(1).unwrap();
            let receiver = thread::spawn(move || (rx.try_recv(), rx));
            block_on(tx.send_timeout(2, Duration::ZERO)).unwrap();
            let (received, rx) = receiver.join().unwrap();
            assert_eq!((received, rx.try_recv()), (Ok(1), Ok(2)));
        });
    }
}
