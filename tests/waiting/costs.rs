//! Checks that what was before does not change what an operation costs, nor what a stream promises.

use std::pin::Pin;
use std::time::{Duration, Instant};

use futures::{FutureExt, Stream, StreamExt};
use mpmc_std::channel;

use crate::counting::allocated;
use crate::scene::{ALL, Kind, Scene};
use crate::waiter::within_seconds;

/// So many have waited, and are gone.
const GONE: usize = 10_000;

fn wait_and_go(scene: &Scene, kind: Kind, at_once: usize) {
    for _ in 0..GONE / at_once {
        let waiters: Vec<_> = (0..at_once).map(|_| scene.parked(kind)).collect();
        drop(waiters);
    }
}

/// One message, or slot, for a waiter of each kind on its side.
struct Cost {
    wakes: usize,
    allocations: usize,
    time: Duration,
}

fn cost(scene: &Scene, kind: Kind) -> Cost {
    let mut best = Cost {
        wakes: usize::MAX,
        allocations: usize::MAX,
        time: Duration::MAX,
    };
    for _ in 0..50 {
        let mut waiter = scene.parked(kind);
        let wakes = waiter.wakes();
        let (allocated_before, start) = (allocated().times, Instant::now());
        scene.offer();
        best.time = best.time.min(start.elapsed());
        best.allocations = best.allocations.min(allocated().times - allocated_before);
        best.wakes = best.wakes.min(waiter.wakes() - wakes);
        assert!(waiter.poll().is_ready());
    }
    best
}

#[test]
fn costs_are_what_they_were_when_many_have_waited_and_are_gone() {
    for kind in ALL {
        // Handles that are polled, and futures that wait, have gone together or one after another.
        for (gone, at_once) in ALL.into_iter().flat_map(|gone| [(gone, 1), (gone, GONE)]) {
            if gone.receives() != kind.receives() {
                continue;
            }
            within_seconds(move || {
                let scene = Scene::new(kind, 4);
                let before = cost(&scene, kind);
                wait_and_go(&scene, gone, at_once);
                let after = cost(&scene, kind);
                let what = format!("{kind:?} after {gone:?}, {at_once} at a time");
                assert_eq!((before.wakes, after.wakes), (1, 1), "{what}");
                assert!(after.allocations <= before.allocations, "{what}");
                // Generous, for other programs run too: the best of many is compared.
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

/// A stream waits again and again, and so do those that were there before.
#[test]
fn a_message_wakes_each_stream_once() {
    let (tx, rx) = channel(4);
    let scene = Scene {
        tx,
        rx,
        receives: true,
    };
    wait_and_go(&scene, Kind::Stream, GONE);
    let mut waiters: Vec<_> = (0..3).map(|_| scene.parked(Kind::Stream)).collect();
    waiters.push(scene.parked(Kind::Recv));
    let wakes = || Vec::from_iter(waiters.iter().map(|waiter| waiter.wakes()));
    // A waiter may have woken itself to be polled again.
    let before = wakes();
    let since = || Vec::from_iter(before.iter().zip(wakes()).map(|(before, now)| now - before));
    scene.offer();
    assert_eq!(since(), [1; 4]);
    // What was woken and has not looked since need not be woken again.
    assert!(scene.take());
    scene.offer();
    assert!(since().iter().all(|&wakes| wakes <= 2));
}

#[test]
fn a_stream_promises_nothing() {
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
    assert_eq!(rx.size_hint(), unknown, "another may take what is there");
    while other.next().now_or_never().flatten().is_some() {}
    assert_eq!(rx.size_hint(), unknown);
    assert_eq!(rx.next().now_or_never(), Some(None));
    assert_eq!(rx.size_hint(), unknown);
}
