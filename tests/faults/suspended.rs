//! Threads that stand still in user code that the crate calls: in an iterator, and in a waker that
//! is cloned, called or dropped. What they hold up, and what they do not.

use std::mem::ManuallyDrop;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use mpmc_std::error::{TryRecvError, TrySendError};
use mpmc_std::{Receiver, Sender, channel};

use crate::harness::{Task, WakerEvent, waker_with_events, within_limit};

/// Where a thread stands still until it is let go.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    has_come: bool,
    is_open: bool,
}

impl Gate {
    /// Stands still.
    fn pass(&self) {
        let (state, changed) = &*self.0;
        let mut state = state.lock().unwrap();
        state.has_come = true;
        changed.notify_all();
        drop(changed.wait_while(state, |state| !state.is_open).unwrap());
    }

    /// Waits until a thread stands here.
    fn wait(&self) {
        let (state, changed) = &*self.0;
        let state = state.lock().unwrap();
        drop(changed.wait_while(state, |state| !state.has_come).unwrap());
    }

    fn open(&self) {
        let (state, changed) = &*self.0;
        state.lock().unwrap().is_open = true;
        changed.notify_all();
    }
}

/// Returns a waker that stands still, as its clones do, when this happens to it. It is never dropped
/// itself.
fn still(event: WakerEvent, gate: &Gate) -> ManuallyDrop<Waker> {
    let gate = gate.clone();
    ManuallyDrop::new(waker_with_events(move |happens| {
        if happens == event {
            gate.pass();
        }
    }))
}

/// Sends and receives through a channel of which a thread stands still, several times around.
#[track_caller]
fn moves(tx: &Sender<u32>, rx: &Receiver<u32>) {
    for number in 100..200 {
        tx.try_send(number).unwrap();
        assert_eq!(rx.try_recv(), Ok(number));
    }
}

#[test]
fn an_iterator_that_stands_still_holds_capacity_and_nothing_else() {
    within_limit(|| {
        let (tx, rx) = channel(4);
        let gate = Gate::default();
        let (sender, at) = (tx.clone(), gate.clone());
        let batch = thread::spawn(move || {
            let items = (1..=3).inspect(|&item| {
                if item == 2 {
                    at.pass();
                }
            });
            sender.try_send_many(items).unwrap()
        });
        gate.wait();
        // The batch has reserved three slots and has no position yet.
        assert_eq!((tx.capacity(), rx.len()), (1, 0));
        moves(&tx, &rx);
        tx.try_send(10).unwrap();
        assert_eq!(tx.try_send(11), Err(TrySendError::Full(11)));
        assert_eq!(rx.try_recv(), Ok(10));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        // A close waits for nobody; what has been reserved is still sent, and received.
        rx.close();
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        gate.open();
        assert_eq!(batch.join().unwrap(), 3);
        assert_eq!(rx.blocking_iter().collect::<Vec<_>>(), [1, 2, 3]);
    });
}

/// Between the publishing of its message and the end of the notification.
#[test]
fn a_sender_that_stands_still_in_a_wake_holds_nobody_up() {
    within_limit(|| {
        let (tx, rx) = channel(4);
        let gate = Gate::default();
        let mut first = Box::pin({
            let rx = rx.clone();
            async move { rx.recv().await }
        });
        let still = still(WakerEvent::Wake, &gate);
        assert!(
            first
                .as_mut()
                .poll(&mut Context::from_waker(&still))
                .is_pending()
        );
        let second = Task::parked(rx.recv());
        let third = Task::parked(rx.recv());

        let sender = tx.clone();
        let stuck = thread::spawn(move || sender.try_send(1));
        gate.wait();
        assert!(!second.is_woken());
        tx.try_send(2).unwrap();
        assert!(second.is_woken() && !third.is_woken());
        tx.try_send(3).unwrap();
        assert!(third.is_woken());
        // The message whose sender stands still is there for any receiver.
        assert_eq!([second.finish(), third.finish()], [Some(1), Some(2)]);
        assert_eq!(
            first.as_mut().poll(&mut Context::from_waker(Waker::noop())),
            Poll::Ready(Some(3))
        );
        moves(&tx, &rx);
        gate.open();
        stuck.join().unwrap().unwrap();
        assert!(rx.is_empty());
    });
}

/// Before it registers, and between its registration and the return of the poll.
#[test]
fn a_receiver_that_stands_still_while_it_parks_loses_no_message() {
    within_limit(|| {
        for takes in [false, true] {
            let (tx, rx) = channel(4);
            let gate = Gate::default();
            let (receiver, at) = (rx.clone(), gate.clone());
            let parking = thread::spawn(move || {
                let still = still(WakerEvent::Clone, &at);
                let mut future = Box::pin(receiver.recv());
                future.as_mut().poll(&mut Context::from_waker(&still))
            });
            gate.wait();
            // It has found nothing, and nothing knows of it yet.
            moves(&tx, &rx);
            tx.try_send(1).unwrap();
            if takes {
                assert_eq!(rx.try_recv(), Ok(1));
            }
            gate.open();
            let polled = parking.join().unwrap();
            let expected = if takes {
                Poll::Pending
            } else {
                Poll::Ready(Some(1))
            };
            assert_eq!(polled, expected);
            assert!(rx.is_empty());
        }
    });
}

#[test]
fn a_sender_that_stands_still_while_it_parks_overlooks_no_slot() {
    within_limit(|| {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let gate = Gate::default();
        let (sender, at) = (tx.clone(), gate.clone());
        let parking = thread::spawn(move || {
            let still = still(WakerEvent::Clone, &at);
            let mut future = Box::pin(sender.send(2));
            future.as_mut().poll(&mut Context::from_waker(&still))
        });
        gate.wait();
        assert_eq!(rx.try_recv(), Ok(1));
        moves(&tx, &rx);
        gate.open();
        assert_eq!(parking.join().unwrap(), Poll::Ready(Ok(())));
        assert_eq!(rx.try_recv(), Ok(2));
    });
}

#[test]
fn a_receiver_that_stands_still_while_it_is_dropped_has_left_already() {
    within_limit(|| {
        let (tx, rx) = channel(4);
        let gate = Gate::default();
        let (receiver, at) = (rx.clone(), gate.clone());
        let leaving = thread::spawn(move || {
            let still = still(WakerEvent::Drop, &at);
            let mut future = Box::pin(receiver.recv());
            let polled = future.as_mut().poll(&mut Context::from_waker(&still));
            assert!(polled.is_pending());
            drop(future);
        });
        gate.wait();
        let other = Task::parked(rx.recv());
        tx.try_send(1).unwrap();
        assert!(other.is_woken());
        assert_eq!(other.finish(), Some(1));
        moves(&tx, &rx);
        gate.open();
        leaving.join().unwrap();
    });
}

/// A close that stands still in a wake has closed the channel, and delays those that it would wake.
#[test]
fn a_close_that_stands_still_in_a_wake_holds_up_those_behind_it_only() {
    within_limit(|| {
        let (tx, rx) = channel::<u32>(4);
        tx.try_send(1).unwrap();
        let gate = Gate::default();
        let mut closed = Box::pin(tx.closed());
        let still = still(WakerEvent::Wake, &gate);
        assert!(
            closed
                .as_mut()
                .poll(&mut Context::from_waker(&still))
                .is_pending()
        );
        let closer = rx.clone();
        let stuck = thread::spawn(move || closer.close());
        gate.wait();
        assert_eq!(tx.try_send(2), Err(TrySendError::Closed(2)));
        assert_eq!(rx.try_recv(), Ok(1));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
        assert_eq!(Task::new(rx.recv()).finish(), None);
        gate.open();
        stuck.join().unwrap();
    });
}
