//! The second stage: any number of workers share the lines and send the words that they find in
//! them.

use std::collections::HashMap;
use std::iter::Sum;

use futures::SinkExt;
use mpmc_std::{Receiver, Sender};

use crate::lines::{Line, Place};

/// Words and how often each occurs.
pub(crate) type Vocabulary = HashMap<String, u64>;

/// One message to the aggregator.
pub(crate) enum Finding {
    /// The result of one message from the reader, sent at once.
    Line {
        place: Place,
        bytes: u64,
        words: u64,
    },
    /// All words that one worker has found, sent when it ends: if it sent a table for each line,
    /// the aggregator would have to do the work that the workers share.
    Vocabulary(Vocabulary),
}

/// The number of messages that a worker, or all workers together, received and sent.
#[derive(Default)]
pub(crate) struct Worked {
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

impl Sum for Worked {
    fn sum<I: Iterator<Item = Self>>(workers: I) -> Self {
        workers.fold(Self::default(), |total, one| Self {
            received: total.received + one.received,
            sent: total.sent + one.sent,
        })
    }
}

/// Works until there are no more lines, or all receivers of results have been dropped.
pub(crate) async fn work(lines: Receiver<Line>, mut results: Sender<Finding>) -> Worked {
    let mut worked = Worked::default();
    let mut counter = Counter::default();
    while let Some(line) = lines.recv().await {
        worked.received += 1;
        let words = counter.count(&line.text);
        let finding = Finding::Line {
            place: line.place,
            bytes: line.text.len() as u64,
            words,
        };
        if results.feed(finding).await.is_err() {
            return worked;
        }
        worked.sent += 1;
    }
    let finding = Finding::Vocabulary(counter.vocabulary);
    if results.send(finding).await.is_ok() {
        worked.sent += 1;
    }
    worked
}

#[derive(Default)]
struct Counter {
    vocabulary: Vocabulary,
    /// The current word in lower case, kept so that only a new word costs an allocation.
    word: String,
}

impl Counter {
    /// Counts the words of `text`, and returns their number.
    fn count(&mut self, text: &str) -> u64 {
        let mut words = 0;
        for run in text.split(|character: char| !character.is_alphanumeric() && character != '_') {
            if run.contains(char::is_alphabetic) {
                self.count_word(run);
                words += 1;
            }
        }
        words
    }

    fn count_word(&mut self, word: &str) {
        self.word.clear();
        self.word.extend(word.chars().flat_map(char::to_lowercase));
        match self.vocabulary.get_mut(&self.word) {
            Some(count) => *count += 1,
            None => {
                self.vocabulary.insert(self.word.clone(), 1);
            }
        }
    }
}
