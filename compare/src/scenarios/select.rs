//! A thread that selects over two channels, each with a producer of its own.

use std::hint::black_box;
use std::time::Duration;

use mpmc_std::blocking;

use super::{Group, Row, Scenario, check_received, share};
use crate::peers::OURS;
use crate::threads::{Work, run_together};

const CHANNELS: usize = 2;

const CROSSBEAM: &str = "crossbeam-channel";

#[derive(Clone, Copy, Debug)]
pub struct SelectTwo {
    pub capacity: usize,
}

impl Scenario for SelectTwo {
    fn rows(&self) -> Vec<Row> {
        vec![Row::per_message(
            Group::Blocking,
            format!("select/2-channels/capacity-{}", self.capacity),
            format!(
                "a thread selects over 2 channels, capacity {}",
                self.capacity
            ),
        )]
    }

    fn peers(&self) -> Vec<&'static str> {
        vec![OURS, CROSSBEAM]
    }

    /// Few channels have a select for threads, so this row would contribute little to a mean over
    /// all.
    fn is_extra(&self) -> bool {
        true
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let time = match peer {
            OURS => ours(self.capacity, count),
            CROSSBEAM => crossbeam(self.capacity, count),
            _ => panic!("{peer} has no select for threads"),
        };
        vec![time.as_nanos() as f64 / count as f64]
    }
}

/// The text of both programs, which differ only in an import.
macro_rules! select_two {
    ($name:ident, $channel:ident) => {
        fn $name(capacity: usize, count: u64) -> Duration {
            use $channel::{Select, bounded};

            let (senders, receivers): (Vec<_>, Vec<_>) =
                (0..CHANNELS).map(|_| bounded::<u64>(capacity)).unzip();
            let mut work: Vec<Work<'_, u64>> = Vec::new();
            for (part, sender) in senders.into_iter().enumerate() {
                let count = share(count, CHANNELS, part);
                work.push(Box::new(move || {
                    for number in 0..count {
                        assert!(sender.send(number).is_ok(), "closed early");
                    }
                    0
                }));
            }
            work.push(Box::new(move || {
                let mut select = Select::new();
                for receiver in &receivers {
                    select.recv(receiver);
                }
                let (mut received, mut open) = (0, CHANNELS);
                while open > 0 {
                    let selected = select.select();
                    let index = selected.index();
                    match selected.recv(&receivers[index]) {
                        Ok(number) => {
                            black_box(number);
                            received += 1;
                        }
                        Err(_) => {
                            select.remove(index);
                            open -= 1;
                        }
                    }
                }
                received
            }));
            let (time, received) = run_together(work);
            check_received(received.iter().sum(), count);
            time
        }
    };
}

select_two!(ours, blocking);
select_two!(crossbeam, crossbeam_channel);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_received() {
        for capacity in [1, 64] {
            for peer in [OURS, CROSSBEAM] {
                assert_eq!(SelectTwo { capacity }.run(peer, 1001).len(), 1);
            }
        }
    }
}
