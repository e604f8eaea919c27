//! Exporting `stats()`: every counter of a channel, to any system that collects the metrics of a
//! program.
//!
//! The exporter holds weak handles, so it keeps no channel open, and takes a snapshot when it is
//! asked. It writes to a trait of two methods. Here they print the text format of Prometheus; with
//! the crate `metrics` they would be `metrics::counter!(name, labels).absolute(value)` and
//! `metrics::gauge!(name, labels).set(value)`.

use std::fmt::Write;

use mpmc_std::{SideStats, WeakSender, channel};

/// The destination of the values.
trait Recorder {
    /// Writes a number that only grows.
    fn counter(&mut self, name: &str, labels: &[(&str, &str)], value: u64);

    /// Writes a number that can grow and shrink.
    fn gauge(&mut self, name: &str, labels: &[(&str, &str)], value: u64);
}

/// The exported channels, by their names. (Give the exporter to the task that answers the
/// collector.)
struct Exporter<T> {
    channels: Vec<(&'static str, WeakSender<T>)>,
}

impl<T> Exporter<T> {
    fn record(&self, recorder: &mut impl Recorder) {
        for (name, channel) in &self.channels {
            let stats = channel.stats();
            let labels = [("channel", *name)];
            recorder.counter("channel_sent_total", &labels, stats.sent);
            recorder.counter("channel_received_total", &labels, stats.received);
            recorder.gauge("channel_len", &labels, stats.len as u64);
            recorder.gauge("channel_capacity", &labels, stats.max_capacity as u64);
            recorder.gauge("channel_permits", &labels, stats.permits as u64);
            recorder.gauge("channel_closed", &labels, stats.closed.into());
            record_side(recorder, name, "senders", &stats.senders);
            record_side(recorder, name, "receivers", &stats.receivers);
        }
    }
}

fn record_side(recorder: &mut impl Recorder, channel: &str, side: &str, stats: &SideStats) {
    let labels = [("channel", channel), ("side", side)];
    recorder.gauge("channel_handles", &labels, stats.handles as u64);
    recorder.gauge("channel_parked", &labels, stats.parked);
    recorder.counter("channel_parks_total", &labels, stats.parks);
    recorder.counter("channel_wakes_total", &labels, stats.wakes);
    recorder.counter(
        "channel_spurious_wakes_total",
        &labels,
        stats.spurious_wakes,
    );
}

/// The text format of Prometheus.
#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let labels = labels
            .iter()
            .map(|(key, value)| format!("{key}=\"{value}\""));
        let labels = labels.collect::<Vec<_>>().join(",");
        writeln!(self.0, "{name}{{{labels}}} {value}").expect("a string takes any text");
    }
}

impl Recorder for Text {
    fn counter(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        self.line(name, labels, value);
    }

    fn gauge(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        self.line(name, labels, value);
    }
}

#[tokio::main]
async fn main() {
    let (tx, rx) = channel(8);
    let exporter = Exporter {
        channels: vec![("jobs", tx.downgrade())],
    };

    let worker = tokio::spawn(async move {
        let mut count = 0;
        while rx.recv().await.is_some() {
            count += 1;
        }
        (count, rx)
    });
    tx.send_many(0..100).await.unwrap();
    tx.drained().await; // so that the counters have known values

    let mut text = Text::default();
    exporter.record(&mut text);
    print!("{}", text.0);
    for line in [
        "channel_sent_total{channel=\"jobs\"} 100",
        "channel_received_total{channel=\"jobs\"} 100",
        "channel_len{channel=\"jobs\"} 0",
        "channel_handles{channel=\"jobs\",side=\"senders\"} 1",
    ] {
        assert!(text.0.lines().any(|printed| printed == line), "{line}");
    }

    // The exporter does not keep the channel open, and still reads its stats.
    drop(tx);
    assert_eq!(worker.await.unwrap().0, 100);
    let mut text = Text::default();
    exporter.record(&mut text);
    assert!(text.0.contains("channel_closed{channel=\"jobs\"} 1"));
    println!("exported {} values", text.0.lines().count());
}
