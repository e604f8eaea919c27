//! Producers and consumers in threads that block.

use std::hint::black_box;
use std::time::Duration;

use super::{Group, Row, Scenario, check_received, share};
use crate::peers::{
    BlockingPeer, BlockingReceive, BlockingSend, BlockingWork, Receivers, blocking_names,
    run_blocking,
};
use crate::threads::{Work, run_together};

#[derive(Clone, Copy, Debug)]
pub struct Blocking {
    pub producers: usize,
    pub consumers: usize,
    pub capacity: usize,
}

impl Scenario for Blocking {
    fn rows(&self) -> Vec<Row> {
        let Self {
            producers,
            consumers,
            capacity,
        } = self;
        vec![Row::per_message(
            Group::Blocking,
            format!("blocking/{producers}x{consumers}/capacity-{capacity}"),
            format!("{producers}×{consumers}, capacity {capacity}"),
        )]
    }

    fn peers(&self) -> Vec<&'static str> {
        blocking_names(Receivers::for_count(self.consumers))
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let work = Run {
            scenario: *self,
            count,
        };
        let time = run_blocking(peer, &work).expect("a peer for threads");
        vec![time.as_nanos() as f64 / count as f64]
    }
}

struct Run {
    scenario: Blocking,
    count: u64,
}

impl BlockingWork for Run {
    type Output = Duration;

    fn run<P: BlockingPeer>(&self) -> Duration {
        self.scenario.pass::<P>(self.count, || (), || ())
    }
}

impl Blocking {
    /// Passes so many messages through a channel. Producers call `before_send` before each,
    /// consumers call `handle` after each.
    pub fn pass<P: BlockingPeer>(
        self,
        count: u64,
        before_send: impl Fn() + Copy + Send,
        handle: impl Fn() + Copy + Send,
    ) -> Duration {
        let Self {
            producers,
            consumers,
            capacity,
        } = self;
        let (sender, receiver) = P::channel::<u64>(capacity);
        let mut receivers: Vec<_> = (1..consumers)
            .map(|_| {
                receiver
                    .another_blocking()
                    .expect("a peer with many receivers")
            })
            .collect();
        receivers.push(receiver);

        let mut work: Vec<Work<'_, u64>> = Vec::new();
        for part in 0..producers {
            let mut sender = sender.clone();
            let count = share(count, producers, part);
            work.push(Box::new(move || {
                for number in 0..count {
                    before_send();
                    assert!(sender.send_blocking(number), "closed early");
                }
                0
            }));
        }
        // The channel closes with its last producer.
        drop(sender);
        for mut receiver in receivers {
            work.push(Box::new(move || {
                let mut received = 0;
                while let Some(number) = receiver.recv_blocking() {
                    black_box(number);
                    handle();
                    received += 1;
                }
                received
            }));
        }
        let (time, received) = run_together(work);
        check_received(received.iter().sum(), count);
        time
    }
}
