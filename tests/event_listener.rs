//! What the gates rely on `event_listener` for, asked of the real one.
//!
//! The loom models run on a model of it (`src/sync/model_event.rs`). A release that changes one of these
//! points must be met by a change of that model, and perhaps of the gates.
#![cfg(not(loom))]

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use event_listener::{Event, EventListener, listener};

/// Looks once: whether the listener was notified. It has left the list then.
fn look(listener: &mut EventListener) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    Pin::new(listener).poll(&mut context) == Poll::Ready(())
}

fn look_at_all<const N: usize>(listeners: [EventListener; N]) -> [bool; N] {
    listeners.map(|mut listener| {
        let notified = look(&mut listener);
        // A notified listener that is dropped would change what the next one sees.
        if !notified {
            std::mem::forget(listener);
        }
        notified
    })
}

#[test]
fn listeners_are_notified_in_the_order_in_which_they_came() {
    let event = Event::new();
    let listeners = [event.listen(), event.listen(), event.listen()];
    assert_eq!(event.notify(2), 2);
    assert_eq!(look_at_all(listeners), [true, true, false]);
}

#[test]
fn polling_does_not_change_the_order() {
    let event = Event::new();
    let mut listeners = [event.listen(), event.listen()];
    assert!(!look(&mut listeners[1]));
    assert!(!look(&mut listeners[0]));
    event.notify_relaxed(1);
    assert_eq!(look_at_all(listeners), [true, false]);
}

#[test]
fn notify_counts_those_that_were_notified_and_have_not_looked() {
    let event = Event::new();
    let listeners = [event.listen(), event.listen(), event.listen()];
    assert_eq!(event.notify_relaxed(1), 1);
    assert_eq!(event.notify_relaxed(1), 0);
    assert_eq!(event.notify_relaxed(2), 1);
    assert_eq!(look_at_all(listeners), [true, true, false]);
}

#[test]
fn a_listener_that_has_looked_counts_no_more() {
    let event = Event::new();
    let mut first = event.listen();
    let mut second = event.listen();
    event.notify_relaxed(1);
    assert!(look(&mut first));
    assert_eq!(event.notify_relaxed(1), 1);
    assert!(look(&mut second));
}

#[test]
fn a_notification_is_not_kept_for_who_comes_later() {
    let event = Event::new();
    assert_eq!(event.notify_relaxed(1), 0);
    assert_eq!(event.notify(usize::MAX), 0);
    let mut listener = event.listen();
    assert!(!look(&mut listener));
}

#[test]
fn notify_all_means_all_that_are_there() {
    let event = Event::new();
    let listeners = [event.listen(), event.listen(), event.listen()];
    event.notify_relaxed(1);
    assert_eq!(event.notify_relaxed(usize::MAX), 2);
    let late = event.listen();
    let [first, second, third] = listeners;
    assert_eq!(
        look_at_all([first, second, third, late]),
        [true, true, true, false]
    );
}

#[test]
fn a_notified_listener_that_is_dropped_passes_its_notification_on() {
    let event = Event::new();
    let first = event.listen();
    let mut second = event.listen();
    event.notify_relaxed(1);
    drop(first);
    assert!(look(&mut second));
}

#[test]
fn a_notified_listener_on_the_stack_passes_its_notification_on() {
    let event = Event::new();
    let mut second = {
        listener!(event => first);
        let second = event.listen();
        event.notify_relaxed(1);
        let _ = &first;
        second
    };
    assert!(look(&mut second));
}

/// "At least one is notified" holds already then.
#[test]
fn a_notification_is_not_passed_on_while_another_is_underway() {
    let event = Event::new();
    let first = event.listen();
    let second = event.listen();
    let third = event.listen();
    event.notify_relaxed(2);
    drop(first);
    assert_eq!(look_at_all([second, third]), [true, false]);
}

#[test]
fn a_listener_that_was_not_notified_leaves_without_a_trace() {
    let event = Event::new();
    let first = event.listen();
    let mut second = event.listen();
    drop(first);
    assert!(!look(&mut second));
    assert!(!event.is_notified());
    assert_eq!(event.notify_relaxed(1), 1);
    assert!(look(&mut second));
}

#[test]
fn a_listener_that_has_looked_has_nothing_to_pass_on() {
    let event = Event::new();
    let mut first = event.listen();
    let mut second = event.listen();
    event.notify_relaxed(1);
    assert!(look(&mut first));
    drop(first);
    assert!(!look(&mut second));
}

/// `is_notified` is false exactly while somebody waits and nobody is on the way to look.
#[test]
fn is_notified_tells_whether_an_heir_is_needed() {
    let event = Event::new();
    let mut first = event.listen();
    let mut second = event.listen();
    assert!(!event.is_notified(), "two wait");
    event.notify_relaxed(1);
    assert!(event.is_notified(), "one is notified, one waits");
    assert!(look(&mut first));
    assert!(!event.is_notified(), "one has looked, one waits");
    event.notify_relaxed(1);
    assert!(event.is_notified(), "all are notified");
    assert!(look(&mut second));
    assert!(event.is_notified(), "nobody is there");
}

/// The one case in which the model differs; no gate asks before it has listened.
#[test]
fn an_event_that_never_had_a_listener_is_not_notified() {
    assert!(!Event::new().is_notified());
}

/// Notes what it is woken for, and whether the list is locked meanwhile.
struct Notes {
    name: &'static str,
    event: Arc<Event>,
    log: Arc<Mutex<Vec<(&'static str, bool)>>>,
}

impl Wake for Notes {
    fn wake(self: Arc<Self>) {
        let locked = format!("{:?}", self.event).contains("<locked>");
        self.log.lock().unwrap().push((self.name, locked));
    }
}

/// That they are called under the lock is the first limit that `gate` documents; if this fails, it can go.
#[test]
fn the_last_waker_is_called_under_the_lock() {
    let event = Arc::new(Event::new());
    let log = Arc::default();
    let waker = |name| {
        Waker::from(Arc::new(Notes {
            name,
            event: Arc::clone(&event),
            log: Arc::clone(&log),
        }))
    };
    let mut first = event.listen();
    let mut second = event.listen();
    for name in ["old", "new"] {
        let waker = waker(name);
        let mut context = Context::from_waker(&waker);
        assert!(Pin::new(&mut second).poll(&mut context).is_pending());
    }
    let waker = waker("first");
    let mut context = Context::from_waker(&waker);
    assert!(Pin::new(&mut first).poll(&mut context).is_pending());
    event.notify_relaxed(usize::MAX);
    assert_eq!(*log.lock().unwrap(), [("first", true), ("new", true)]);
}
