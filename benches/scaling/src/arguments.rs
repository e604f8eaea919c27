//! The command line.

use std::time::Duration;

pub(crate) const USAGE: &str = "\
usage: scaling [--simulate] [--seconds N] [--threads N] [--rmw NS] [--transfer NS]

  --simulate      measure claims of one word, and predict them up to 128 cores
  --seconds N     time for each line of a table (default 0.5)
  --threads N     most threads (default 64)
  --rmw NS        simulate with this cost of an uncontended read-modify-write
  --transfer NS   simulate with this cost of moving a cache line to another core";

/// What was asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Arguments {
    pub(crate) simulate: bool,
    pub(crate) time: Duration,
    pub(crate) threads: usize,
    pub(crate) rmw: Option<f64>,
    pub(crate) transfer: Option<f64>,
}

impl Arguments {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self {
            simulate: false,
            time: Duration::from_millis(500),
            threads: 64,
            rmw: None,
            transfer: None,
        };
        while let Some(word) = words.next() {
            if word == "--simulate" {
                arguments.simulate = true;
                continue;
            }
            if !["--seconds", "--threads", "--rmw", "--transfer"].contains(&word.as_str()) {
                return Err(format!("unknown argument: {word}"));
            }
            let number: f64 = words
                .next()
                .and_then(|number| number.parse().ok())
                .filter(|number| (0.001..=10_000.0).contains(number))
                .ok_or_else(|| format!("{word} takes a number from 0.001 to 10000"))?;
            match word.as_str() {
                "--seconds" => arguments.time = Duration::from_secs_f64(number),
                "--threads" => arguments.threads = (number as usize).max(1),
                "--rmw" => arguments.rmw = Some(number),
                _ => arguments.transfer = Some(number),
            }
        }
        Ok(arguments)
    }

    /// 1, 2, 4, ... threads, up to the most.
    pub(crate) fn thread_counts(&self) -> impl Iterator<Item = usize> {
        let most = self.threads;
        (0..usize::BITS)
            .map(|power| 1 << power)
            .take_while(move |&count| count <= most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Arguments, String> {
        Arguments::parse(words.split_whitespace().map(String::from))
    }

    #[test]
    fn numbers_are_read_and_checked() {
        let arguments = parse("--simulate --seconds 2 --threads 9 --rmw 3.5").unwrap();
        assert!(arguments.simulate);
        assert_eq!(arguments.time, Duration::from_secs(2));
        assert_eq!(Vec::from_iter(arguments.thread_counts()), [1, 2, 4, 8]);
        assert_eq!((arguments.rmw, arguments.transfer), (Some(3.5), None));
        for wrong in ["--seconds", "--seconds x", "--rmw 0", "--rmw nan", "--fast"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
