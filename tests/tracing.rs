//! The feature `tracing`: channels, parks, wakes and closes are told, and nothing else is.
#![cfg(all(not(loom), feature = "tracing"))]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::executor::block_on;
use futures::future::join;
use support::Task;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// What an event says, in the order in which its fields were recorded.
type Fields = Vec<(&'static str, String)>;

/// Keeps the messages of the crate's events.
#[derive(Clone, Default)]
struct Recorder {
    messages: Arc<Mutex<Vec<String>>>,
    /// The other fields, event for event.
    fields: Arc<Mutex<Vec<Fields>>>,
    /// The event that it panics at.
    panics_at: Option<&'static str>,
}

impl Visit for Recorder {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let said = (field.name(), format!("{value:?}"));
        self.fields.lock().unwrap().last_mut().unwrap().push(said);
        if field.name() == "message" {
            let message = format!("{value:?}");
            self.messages.lock().unwrap().push(message.clone());
            // Once, for a second panic would come while the first one unwinds.
            assert!(
                Some(&*message) != self.panics_at || std::thread::panicking(),
                "intended by the test"
            );
        }
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "mpmc_std"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.fields.lock().unwrap().push(Vec::new());
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// `tracing` remembers for the whole process whether anybody listens, so these tests take turns.
fn take_turns() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn events_of(work: impl FnOnce()) -> Vec<String> {
    let recorder = record(work);
    let messages = recorder.messages.lock().unwrap();
    messages.clone()
}

fn record(work: impl FnOnce()) -> Recorder {
    let recorder = Recorder::default();
    tracing::subscriber::with_default(recorder.clone(), work);
    recorder
}

/// The value of a field in each event that has it.
fn values(recorder: &Recorder, field: &str) -> Vec<String> {
    let events = recorder.fields.lock().unwrap();
    let fields = events.iter().flatten();
    let named = fields.filter(|(name, _)| *name == field);
    named.map(|(_, value)| value.clone()).collect()
}

#[test]
fn events_name_their_channel_and_side() {
    let _turn = take_turns();
    let first_line = line!() + 3;
    let recorder = record(|| {
        // One line each, for the place is told.
        let (tx, rx) = mpmc_std::channel(1);
        let (other, its_rx) = mpmc_std::channel(2);
        other.try_send(0).unwrap();
        block_on(join(rx.recv(), async { tx.send(1).await.unwrap() }));
        tx.try_send(2).unwrap();
        block_on(join(tx.send(3), async { rx.recv().await.unwrap() }))
            .0
            .unwrap();
        drop(tx);
        std::mem::forget((other, its_rx));
    });
    let channels = values(&recorder, "channel");
    let [first, second] = [&channels[0], &channels[1]];
    assert_ne!(first, second, "no other channel has its number");
    assert!(channels[2..].iter().all(|channel| channel == first));
    assert_eq!(values(&recorder, "capacity"), ["1", "2"]);
    let places = values(&recorder, "at");
    for (place, line) in places.iter().zip(first_line..) {
        assert!(place.contains(&format!("tracing.rs:{line}:")), "{place}");
    }
    let messages = recorder.messages.lock().unwrap();
    let told: Vec<_> = messages[2..]
        .iter()
        .zip(values(&recorder, "side"))
        .map(|(message, side)| format!("{} {message}", side.trim_matches('"')))
        .collect();
    assert_eq!(
        told,
        [
            "receivers parked",
            "receivers notified",
            "receivers woken",
            "senders parked",
            "senders notified",
            "senders woken",
            "receivers closed",
            "senders closed"
        ]
    );
}

#[test]
fn a_channel_a_park_its_wake_and_the_close_are_told() {
    let _turn = take_turns();
    let events = events_of(|| {
        let (tx, rx) = mpmc_std::channel(1);
        block_on(join(rx.recv(), async { tx.send(1).await.unwrap() }));
        drop(tx);
    });
    assert_eq!(
        events,
        ["created", "parked", "notified", "woken", "closed", "closed"],
        "the last two: one for each side"
    );
}

#[test]
fn who_never_waits_is_not_told_of() {
    let _turn = take_turns();
    let events = events_of(|| {
        let (tx, rx) = mpmc_std::channel(2);
        for message in 0..100 {
            tx.try_send(message).unwrap();
            assert_eq!(block_on(rx.recv()), Some(message));
        }
        std::mem::forget((tx, rx));
    });
    assert_eq!(events, ["created"]);
}

/// `work` ends in a panic of the subscriber at the first `event`.
fn panics_at(event: &'static str, work: impl FnOnce()) {
    let recorder = Recorder {
        panics_at: Some(event),
        ..Recorder::default()
    };
    let work = AssertUnwindSafe(|| tracing::subscriber::with_default(recorder.clone(), work));
    assert!(catch_unwind(work).is_err());
    let events = recorder.messages.lock().unwrap();
    assert!(events.iter().any(|message| message == event));
}

#[test]
fn a_subscriber_that_panics_takes_no_wakeup_with_it() {
    let _turn = take_turns();
    let (tx, rx) = mpmc_std::channel(4);
    let [first, mut second, third] = [(); 3].map(|()| Task::parked(rx.recv()));
    panics_at("notified", || tx.try_send(1).unwrap());
    assert!(first.is_woken());
    assert_eq!(first.finish(), Some(1));
    // That one was in front of the list, these two are on it.
    panics_at("notified", || tx.try_send(2).unwrap());
    assert!(second.is_woken());
    panics_at("woken", || {
        let _ = second.poll();
    });
    drop(second);
    assert!(third.is_woken());
    assert_eq!(third.finish(), Some(2));

    let waiting = Task::parked(rx.recv());
    panics_at("closed", || drop(tx));
    assert!(waiting.is_woken());
    assert_eq!(waiting.finish(), None);
}
