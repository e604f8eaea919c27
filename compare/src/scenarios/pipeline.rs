//! A stream forwarded through two channels, for the peers that are a `Sink` and a `Stream`.

use std::time::Duration;

use futures_util::{StreamExt, stream};

use super::{Group, Row, Scenario, check_received};
use crate::executor::{Executor, Task};
use crate::peers::{PipelinePeer, PipelineWork, pipeline_names, run_pipeline};

#[derive(Clone, Copy, Debug)]
pub struct Pipeline {
    pub executor: Executor,
    pub capacity: usize,
}

impl Scenario for Pipeline {
    fn rows(&self) -> Vec<Row> {
        let executor = self.executor.name();
        let capacity = self.capacity;
        vec![Row::per_message(
            Group::Exchange,
            format!("pipeline/{executor}/capacity-{capacity}"),
            format!("pipeline of two, capacity {capacity}, {executor}"),
        )]
    }

    fn peers(&self) -> Vec<&'static str> {
        pipeline_names()
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let work = Run {
            scenario: *self,
            count,
        };
        let time = run_pipeline(peer, &work).expect("a peer with a sink and a stream");
        vec![time.as_nanos() as f64 / count as f64]
    }
}

struct Run {
    scenario: Pipeline,
    count: u64,
}

impl PipelineWork for Run {
    type Output = Duration;

    fn run<P: PipelinePeer>(&self) -> Duration {
        let (first_in, first_out) = P::pipe(self.scenario.capacity);
        let (second_in, second_out) = P::pipe(self.scenario.capacity);
        let source = stream::iter(0..self.count).map(Ok);
        let tasks: Vec<Task> = vec![
            Box::pin(async move {
                source.forward(first_in).await.expect("an open channel");
                0
            }),
            Box::pin(async move {
                let stage = first_out.map(Ok).forward(second_in);
                stage.await.expect("an open channel");
                0
            }),
            Box::pin(second_out.fold(0, |received, _| async move { received + 1 })),
        ];
        let (time, outputs) = self.scenario.executor.run(tasks);
        check_received(outputs.iter().sum(), self.count);
        time
    }
}
