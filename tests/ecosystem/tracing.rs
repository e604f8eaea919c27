//! Checks the feature `tracing`: events for channels, parks, wakes and closes, and no other events.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::executor::block_on;
use futures::future::join;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::harness::Task;

/// The fields of an event, in the order of recording.
type Fields = Vec<(&'static str, String)>;

/// Records the messages of the crate's events.
#[derive(Clone, Default)]
struct Recorder {
    messages: Arc<Mutex<Vec<String>>>,
    /// The other fields of each event.
    fields: Arc<Mutex<Vec<Fields>>>,
    /// The event at which it panics.
    panics_at: Option<&'static str>,
}

impl Visit for Recorder {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let said = (field.name(), format!("{value:?}"));
        self.fields.lock().unwrap().last_mut().unwrap().push(said);
        if field.name() == "message" {
            let message = format!("{value:?}");
            self.messages.lock().unwrap().push(message.clone());
            // Panics once, because a second panic during unwinding would abort.
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

/// `tracing` caches for the whole process whether a subscriber is registered, so these tests run
/// one at a time.
fn serialize() -> MutexGuard<'static, ()> {
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

/// Returns the values of a field in all events that have it.
fn values(recorder: &Recorder, field: &str) -> Vec<String> {
    let events = recorder.fields.lock().unwrap();
    let fields = events.iter().flatten();
    let named = fields.filter(|(name, _)| *name == field);
    named.map(|(_, value)| value.clone()).collect()
}

#[test]
fn events_name_their_channel_and_side() {
    let _turn = serialize();
    let first_line = line!() + 3;
    let recorder = record(|| {
        // One line each, because the events contain the line.
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
fn channels_parks_wakes_and_closes_have_events() {
    let _turn = serialize();
    let events = events_of(|| {
        let (tx, rx) = mpmc_std::channel(1);
        block_on(join(rx.recv(), async { tx.send(1).await.unwrap() }));
        drop(tx);
    });
    assert_eq!(
        events,
        ["created", "parked", "notified", "woken", "closed", "closed"],
        "the last two are one for each side"
    );
}

#[test]
fn operations_that_do_not_wait_have_no_events() {
    let _turn = serialize();
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

/// Runs `work`, in which the subscriber panics at the first `event`.
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
fn a_panicking_subscriber_loses_no_wakeup() {
    let _turn = serialize();
    let (tx, rx) = mpmc_std::channel(4);
    let [first, mut second, third] = [(); 3].map(|()| Task::parked(rx.recv()));
    panics_at("notified", || tx.try_send(1).unwrap());
    assert!(first.is_woken());
    assert_eq!(first.finish(), Some(1));
    // That receiver was in front of the queue, these two are in it.
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
