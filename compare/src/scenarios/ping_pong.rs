//! Two tasks that answer each other over two channels of capacity 1: every message finds its
//! receiver parked, so this is the cost of parking and waking.

use std::time::Duration;

use super::{Group, Row, Scenario};
use crate::executor::{Executor, Task};
use crate::peers::{
    AsyncPeer, AsyncReceive, AsyncSend, AsyncWork, Receivers, async_names, run_async,
};

#[derive(Clone, Copy, Debug)]
pub struct PingPong {
    pub executor: Executor,
}

impl Scenario for PingPong {
    fn rows(&self) -> Vec<Row> {
        let executor = self.executor.name();
        vec![Row::per_message(
            Group::Exchange,
            format!("ping-pong/{executor}"),
            format!("ping-pong, {executor}"),
        )]
    }

    fn peers(&self) -> Vec<&'static str> {
        async_names(Receivers::One)
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let round_trips = count.div_ceil(2);
        let work = Run {
            executor: self.executor,
            round_trips,
        };
        let time = run_async(peer, &work).expect("a peer for tasks");
        vec![time.as_nanos() as f64 / (2 * round_trips) as f64]
    }
}

struct Run {
    executor: Executor,
    round_trips: u64,
}

impl AsyncWork for Run {
    type Output = Duration;

    fn run<P: AsyncPeer>(&self) -> Duration {
        let (mut ping, mut on_ping) = P::channel::<u64>(1);
        let (mut pong, mut on_pong) = P::channel::<u64>(1);
        let round_trips = self.round_trips;
        let tasks: Vec<Task> = vec![
            Box::pin(async move {
                for number in 0..round_trips {
                    assert!(ping.send(number).await);
                    assert_eq!(on_pong.recv().await, Some(number));
                }
                0
            }),
            Box::pin(async move {
                while let Some(number) = on_ping.recv().await {
                    assert!(pong.send(number).await);
                }
                0
            }),
        ];
        self.executor.run(tasks).0
    }
}
