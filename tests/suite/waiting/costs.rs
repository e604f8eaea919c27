//! Checks that neither earlier waiters nor many present ones change the cost of an operation, and
//! the size hint of a stream.

use std::pin::Pin;
use std::time::{Duration, Instant};

use futures::{FutureExt, Stream, StreamExt};
use mpmc_std::channel;
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::allocator::allocated;
use crate::harness::within_limit;
use crate::waiting::test_channel::{ALL, Kind, TestChannel};

/// The number of waiters that have parked and been dropped.
const EARLIER_WAITERS: usize = 10_000;

fn wait_and_drop(channel: &TestChannel, kind: Kind, at_once: usize) {
    for _ in 0..EARLIER_WAITERS / at_once {
        let waiters: Vec<_> = (0..at_once).map(|_| channel.parked(kind)).collect();
        drop(waiters);
    }
}

/// The cost of one message, or slot, with one waiter on its side.
struct Cost {
    wakes: usize,
    allocations: usize,
    time: Duration,
}

fn cost(channel: &TestChannel, kind: Kind) -> Cost {
    let mut best = Cost {
        wakes: usize::MAX,
        allocations: usize::MAX,
        time: Duration::MAX,
    };
    for _ in 0..50 {
        let mut waiter = channel.parked(kind);
        let wakes = waiter.wakes();
        let (allocated_before, start) = (allocated().times, Instant::now());
        channel.offer();
        best.time = best.time.min(start.elapsed());
        best.allocations = best.allocations.min(allocated().times - allocated_before);
        best.wakes = best.wakes.min(waiter.wakes() - wakes);
        assert!(waiter.poll_until_parked().is_ready());
    }
    best
}

#[test]
fn costs_do_not_depend_on_earlier_waiters() {
    for kind in ALL {
        // Earlier waiters were dropped all together or one after another.
        for (earlier, at_once) in ALL
            .into_iter()
            .flat_map(|earlier| [(earlier, 1), (earlier, EARLIER_WAITERS)])
        {
            if earlier.receives() != kind.receives() {
                continue;
            }
            within_limit(move || {
                let channel = TestChannel::new(kind, 4);
                let before = cost(&channel, kind);
                wait_and_drop(&channel, earlier, at_once);
                let after = cost(&channel, kind);
                let what = format!("{kind:?} after {earlier:?}, {at_once} at a time");
                assert_eq!((before.wakes, after.wakes), (1, 1), "{what}");
                assert!(after.allocations <= before.allocations, "{what}");
                // Generous, since other programs run too. The best of many times is compared.
                let most = before.time * 10 + Duration::from_micros(5);
                assert!(
                    after.time <= most,
                    "{what}: {:?} {:?}",
                    before.time,
                    after.time
                );
            });
        }
    }
}

/// Streams wait repeatedly, after many earlier streams.
#[test]
fn a_message_wakes_each_stream_once() {
    let (tx, rx) = channel(4);
    let channel = TestChannel {
        tx,
        rx,
        receives: true,
    };
    wait_and_drop(&channel, Kind::Stream, EARLIER_WAITERS);
    let mut waiters: Vec<_> = (0..3).map(|_| channel.parked(Kind::Stream)).collect();
    waiters.push(channel.parked(Kind::Recv));
    let wakes = || Vec::from_iter(waiters.iter().map(|waiter| waiter.wakes()));
    // A waiter may have woken itself to be polled again.
    let before = wakes();
    let since = || Vec::from_iter(before.iter().zip(wakes()).map(|(before, now)| now - before));
    channel.offer();
    assert_eq!(since(), [1; 4]);
    // A waiter that was woken and not polled since need not be woken again.
    assert!(channel.take());
    channel.offer();
    assert!(since().iter().all(|&wakes| wakes <= 2));
}

/// All tasks share one thread and one slot, so most of them wait. Nevertheless, a message wakes no
/// more than about two tasks on each side, whatever their number.
#[test]
fn tasks_on_one_thread_wake_few_waiters_too_many() {
    for tasks in [2, 4, 5, 8, 16, 64] {
        within_limit(move || {
            let messages = 25_600;
            let (tx, rx) = channel(1);
            let runtime = Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let mut senders = JoinSet::new();
                for _ in 0..tasks {
                    let tx = tx.clone();
                    senders.spawn(async move {
                        for message in 0..messages / tasks {
                            tx.send(message).await.unwrap();
                        }
                    });
                }
                for _ in 0..tasks {
                    let rx = rx.clone();
                    tokio::spawn(async move { while rx.recv().await.is_some() {} });
                }
                senders.join_all().await;
            });
            let stats = rx.stats();
            assert_eq!(stats.sent, messages as u64);
            for side in [stats.senders, stats.receivers] {
                let wakes = side.wakes as f64 / messages as f64;
                assert!(wakes < 3.0, "{tasks} tasks: {wakes} wakes");
            }
        });
    }
}

#[test]
fn size_hint_of_a_stream_is_unknown() {
    let (tx, mut rx) = channel(4);
    let unknown = (0, None);
    assert_eq!(rx.size_hint(), unknown);
    for sent in 0..4 {
        tx.try_send(sent).unwrap();
        assert_eq!(rx.size_hint(), unknown);
    }
    let mut other = rx.clone();
    assert_eq!(other.next().now_or_never(), Some(Some(0)));
    assert_eq!(Pin::new(&mut rx).size_hint(), unknown);
    drop(tx);
    assert_eq!(
        rx.size_hint(),
        unknown,
        "another receiver may take what is left"
    );
    while other.next().now_or_never().flatten().is_some() {}
    assert_eq!(rx.size_hint(), unknown);
    assert_eq!(rx.next().now_or_never(), Some(None));
    assert_eq!(rx.size_hint(), unknown);
}
