//! A crate without the standard library that uses the channel like firmware. `.ci/targets` builds
//! it for such a target, and runs its tests on the host.
#![no_std]

extern crate alloc;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};

use futures_core::Stream;
use futures_sink::Sink;
use mpmc_std::{Consumer, MpmcQueue, Producer, Receiver, Sender};

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Runs tasks in turn, each after a wake, until all are done. Returns `false` if no task is woken.
pub fn run(tasks: Vec<Task<'_>>) -> bool {
    let mut tasks: Vec<_> = tasks
        .into_iter()
        .map(|task| (Some(task), Arc::new(Flag(AtomicBool::new(true)))))
        .collect();
    loop {
        let mut any = false;
        for (place, flag) in &mut tasks {
            let Some(task) = place else { continue };
            if flag.0.swap(false, Ordering::Relaxed) {
                any = true;
                let waker = Waker::from(Arc::clone(flag));
                if task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                    *place = None;
                }
            }
        }
        if tasks.iter().all(|(task, _)| task.is_none()) {
            return true;
        }
        if !any {
            return false;
        }
    }
}

/// Sends the numbers below `count`.
pub async fn count_up(tx: Sender<u32>, count: u32) {
    for number in 0..count {
        if tx.send(number).await.is_err() {
            return;
        }
    }
}

/// Adds up the received numbers.
pub async fn add_up(rx: Receiver<u32>, sum: &mut u32) {
    while let Some(number) = rx.recv().await {
        *sum += number;
    }
}

/// Sends and receives through `Stream` and `Sink`.
pub fn poll_once(tx: &mut Sender<u32>, rx: &mut Receiver<u32>, number: u32) -> Option<u32> {
    let mut cx = Context::from_waker(Waker::noop());
    if Pin::new(&mut *tx).poll_ready(&mut cx).is_ready() {
        let _ = Pin::new(tx).start_send(number);
    }
    match pin!(rx).poll_next(&mut cx) {
        Poll::Ready(message) => message,
        Poll::Pending => None,
    }
}

/// Creates a raw queue, and returns a handle for each side.
pub fn queue_pair(capacity: usize) -> (Producer<u32>, Consumer<u32>) {
    let queue = Arc::new(MpmcQueue::new(capacity));
    (Producer::new(Arc::clone(&queue)), Consumer::new(queue))
}

/// Sends buffers of growing size through a channel that is bounded by bytes.
pub async fn send_by_weight(tx: mpmc_std::weighted::Sender<Vec<u8>>, count: usize) {
    for length in 0..count {
        if tx.send(alloc::vec![0; length]).await.is_err() {
            return;
        }
    }
}

/// Adds up the bytes of the buffers.
pub async fn add_up_weight(rx: mpmc_std::weighted::Receiver<Vec<u8>>, sum: &mut usize) {
    while let Some(buffer) = rx.recv().await {
        *sum += buffer.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn tasks_wait_for_each_other() {
        for capacity in [1, 2, 7] {
            let (tx, rx) = mpmc_std::channel(capacity);
            let (mut first, mut second) = (0, 0);
            assert!(run(vec![
                Box::pin(add_up(rx.clone(), &mut first)),
                Box::pin(count_up(tx.clone(), 500)),
                Box::pin(add_up(rx, &mut second)),
                Box::pin(count_up(tx, 500)),
            ]));
            assert_eq!(first + second, 2 * (499 * 500 / 2));
        }
    }

    #[test]
    fn senders_wait_for_weight() {
        let (tx, rx) = mpmc_std::weighted::channel(16, 20);
        let mut sum = 0;
        assert!(run(vec![
            Box::pin(send_by_weight(tx.clone(), 20)),
            Box::pin(send_by_weight(tx, 20)),
            Box::pin(add_up_weight(rx, &mut sum)),
        ]));
        assert_eq!(sum, 2 * (19 * 20 / 2));
    }

    #[test]
    fn adapters_batches_permits_and_the_raw_queue() {
        let (mut tx, mut rx) = mpmc_std::channel(4);
        assert_eq!(poll_once(&mut tx, &mut rx, 7), Some(7));
        assert_eq!(tx.try_send_many([1, 2, 3]).ok(), Some(3));
        let mut received = Vec::new();
        assert_eq!(rx.try_recv_many(&mut received, 8), Ok(3));
        assert_eq!(received, [1, 2, 3]);
        tx.try_reserve().unwrap().send(4);
        assert_eq!(rx.drain().collect::<Vec<_>>(), [4]);
        drop(tx);
        assert!(rx.try_recv().is_err());

        let (producer, consumer) = queue_pair(2);
        assert_eq!(producer.send(1), Ok(()));
        assert_eq!(consumer.recv(), Some(1));
    }

    #[test]
    fn run_detects_that_no_task_is_woken() {
        let (tx, rx) = mpmc_std::channel(1);
        let mut sum = 0;
        assert!(!run(vec![Box::pin(add_up(rx, &mut sum))]));
        drop(tx);
    }
}
