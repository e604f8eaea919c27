//! The feature `tracing`: parks, wakes and closes are told, and nothing else is.
#![cfg(all(not(loom), feature = "tracing"))]

use std::sync::{Arc, Mutex};

use futures::executor::block_on;
use futures::future::join;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps the messages of the crate's events.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

impl Visit for Recorder {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0.lock().unwrap().push(format!("{value:?}"));
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
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn events_of(work: impl FnOnce()) -> Vec<String> {
    let recorder = Recorder::default();
    tracing::subscriber::with_default(recorder.clone(), work);
    recorder.0.lock().unwrap().clone()
}

#[test]
fn a_park_its_wake_and_the_close_are_told() {
    let events = events_of(|| {
        let (tx, rx) = mpmc_std::channel(1);
        block_on(join(rx.recv(), async { tx.send(1).await.unwrap() }));
        drop(tx);
    });
    assert_eq!(
        events,
        ["parked", "notified", "woken", "closed", "closed"],
        "the last two: one for each side"
    );
}

#[test]
fn who_never_waits_is_not_told_of() {
    let events = events_of(|| {
        let (tx, rx) = mpmc_std::channel(2);
        for message in 0..100 {
            tx.try_send(message).unwrap();
            assert_eq!(block_on(rx.recv()), Some(message));
        }
        std::mem::forget((tx, rx));
    });
    assert!(events.is_empty(), "{events:?}");
}
