//! The last stage: adds up the workers' results, and writes the report.

use std::cmp::Reverse;
use std::io::{self, Write};
use std::time::Duration;

use futures::StreamExt;
use indicatif::{HumanCount, ProgressBar};
use mpmc_std::Receiver;

use crate::lines::Place;
use crate::reader::Reading;
use crate::worker::{Finding, Vocabulary, Worked};

/// The maximum number of results to receive in one batch.
const BATCH: usize = 256;

/// The results of all workers.
#[derive(Default)]
pub(crate) struct Summary {
    pub(crate) lines: u64,
    pub(crate) words: u64,
    pub(crate) bytes: u64,
    pub(crate) vocabulary: Vocabulary,
    /// The number of messages received.
    pub(crate) received: u64,
}

/// Adds up results until the last worker has ended.
pub(crate) async fn aggregate(results: Receiver<Finding>, progress: ProgressBar) -> Summary {
    let mut summary = Summary::default();
    let mut batches = results.ready_chunks(BATCH);
    while let Some(batch) = batches.next().await {
        for finding in batch {
            summary.add(finding);
        }
        progress.set_position(summary.lines);
    }
    summary
}

impl Summary {
    fn add(&mut self, finding: Finding) {
        self.received += 1;
        match finding {
            Finding::Line {
                place,
                bytes,
                words,
            } => {
                self.lines += u64::from(place == Place::Start);
                self.bytes += bytes;
                self.words += words;
            }
            Finding::Vocabulary(vocabulary) if self.vocabulary.is_empty() => {
                self.vocabulary = vocabulary;
            }
            Finding::Vocabulary(vocabulary) => {
                for (word, count) in vocabulary {
                    *self.vocabulary.entry(word).or_default() += count;
                }
            }
        }
    }

    /// Returns the most frequent words; equally frequent ones in alphabetical order.
    fn top(&self, count: usize) -> Vec<(&str, u64)> {
        let mut words: Vec<_> = self
            .vocabulary
            .iter()
            .map(|(word, &count)| (word.as_str(), count))
            .collect();
        words.sort_unstable_by_key(|&(word, count)| (Reverse(count), word));
        words.truncate(count);
        words
    }
}

/// The contents of the report.
pub(crate) struct Report {
    pub(crate) reading: Reading,
    pub(crate) worked: Worked,
    pub(crate) summary: Summary,
    pub(crate) workers: usize,
    pub(crate) capacity: usize,
    pub(crate) elapsed: Duration,
    /// The number of words to show.
    pub(crate) top: usize,
}

impl Report {
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.write_words(out)?;
        self.write_text(out)?;
        self.write_channels(out)?;
        out.flush()
    }

    fn write_words(&self, out: &mut impl Write) -> io::Result<()> {
        let top = self.summary.top(self.top);
        if top.is_empty() {
            return Ok(());
        }
        writeln!(out, "Most frequent words")?;
        for (word, count) in top {
            row(out, [word, &HumanCount(count).to_string()])?;
        }
        writeln!(out)
    }

    fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let (reading, summary) = (&self.reading, &self.summary);
        writeln!(out, "Text")?;
        row(out, ["files", &HumanCount(reading.files).to_string()])?;
        for (what, count) in [
            ("read in part", reading.cut_short),
            ("skipped as binary", reading.binary),
            ("unreadable", reading.unreadable),
        ] {
            // Exceptions are shown only if there are any.
            if count > 0 {
                row(out, [what, &HumanCount(count).to_string()])?;
            }
        }
        for (what, count) in [
            ("lines", summary.lines),
            ("words", summary.words),
            ("different words", summary.vocabulary.len() as u64),
            ("bytes", summary.bytes),
        ] {
            row(out, [what, &HumanCount(count).to_string()])?;
        }
        writeln!(out)
    }

    fn write_channels(&self, out: &mut impl Write) -> io::Result<()> {
        row(out, ["Channel", "sent", "received", "messages/s"])?;
        for (name, sent, received) in [
            ("lines", self.reading.sent, self.worked.received),
            ("results", self.worked.sent, self.summary.received),
        ] {
            let rate = received as f64 / self.elapsed.as_secs_f64();
            let figures = [sent, received, rate as u64].map(|count| HumanCount(count).to_string());
            row(out, [name, &figures[0], &figures[1], &figures[2]])?;
        }
        writeln!(
            out,
            "in {:.3} s; workers: {}; capacity of each channel: {}",
            self.elapsed.as_secs_f64(),
            self.workers,
            HumanCount(self.capacity as u64),
        )
    }
}

/// Writes a name and its values, in columns.
fn row<const N: usize>(out: &mut impl Write, cells: [&str; N]) -> io::Result<()> {
    let (name, cells) = cells.split_first().expect("a row has a name");
    write!(out, "{name:<18}")?;
    for cell in cells {
        write!(out, "{cell:>14}")?;
    }
    writeln!(out)
}
