//! The lists of peers, in the order in which the report shows them, and how to find one by its
//! name.
//!
//! Each family of traits has a visitor instead of a list of values, because a peer is a type with
//! generic members. Each list is written once; the lists of names and the searches by name visit
//! it.

use super::{
    AsyncPeer, BlockingPeer, PipelinePeer, Queue, TryReceive, TrySend, async_channel, asyncband,
    bare, blocking_only, crossfire, fibre, flume, futures_channel, kanal, loole, ours, pipelines,
    queues, tachyonix, thingbuf, tokio,
};
use crate::message::Message;

/// The number of receivers that a channel can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Receivers {
    One,
    Many,
}

impl Receivers {
    /// Returns what a scenario with `count` receivers requires.
    pub fn for_count(count: usize) -> Self {
        if count > 1 { Self::Many } else { Self::One }
    }
}

fn each_async(visitor: &mut impl AsyncVisitor) {
    visitor.visit::<ours::MpmcStd>();
    visitor.visit::<tokio::Tokio>();
    visitor.visit::<async_channel::AsyncChannel>();
    visitor.visit::<flume::Flume>();
    visitor.visit::<kanal::Kanal>();
    visitor.visit::<crossfire::Crossfire>();
    visitor.visit::<crossfire::CrossfireMpsc>();
    visitor.visit::<tachyonix::Tachyonix>();
    visitor.visit::<thingbuf::Thingbuf>();
    visitor.visit::<loole::Loole>();
    visitor.visit::<futures_channel::FuturesChannel>();
    visitor.visit::<fibre::Fibre>();
    visitor.visit::<asyncband::Asyncband>();
}

fn each_blocking(visitor: &mut impl BlockingVisitor) {
    visitor.visit::<ours::MpmcStd>();
    visitor.visit::<tokio::Tokio>();
    visitor.visit::<async_channel::AsyncChannel>();
    visitor.visit::<flume::Flume>();
    visitor.visit::<kanal::Kanal>();
    visitor.visit::<crossfire::Crossfire>();
    visitor.visit::<crossfire::CrossfireMpsc>();
    visitor.visit::<thingbuf::Thingbuf>();
    visitor.visit::<loole::Loole>();
    visitor.visit::<fibre::Fibre>();
    visitor.visit::<asyncband::Asyncband>();
    each_blocking_only(visitor);
}

fn each_blocking_only(visitor: &mut impl BlockingVisitor) {
    visitor.visit::<blocking_only::Crossbeam>();
    visitor.visit::<blocking_only::Std>();
}

fn each_pipeline(visitor: &mut impl PipelineVisitor) {
    visitor.visit::<ours::MpmcStd>();
    visitor.visit::<pipelines::Tokio>();
    visitor.visit::<pipelines::Flume>();
    visitor.visit::<pipelines::Loole>();
    visitor.visit::<pipelines::FuturesChannel>();
}

fn each_queue(visitor: &mut impl QueueVisitor) {
    visitor.visit::<queues::MpmcQueue>();
    visitor.visit::<queues::ArrayQueue>();
    visitor.visit::<queues::ConcurrentQueue>();
}

/// Returns the crate of a peer, if it is one.
pub fn crate_of(peer: &str) -> Option<&str> {
    match peer {
        "std" => None,
        "crossfire-mpsc" => Some("crossfire"),
        name => Some(name),
    }
}

trait AsyncVisitor {
    fn visit<P: AsyncPeer>(&mut self);
}

trait BlockingVisitor {
    fn visit<P: BlockingPeer>(&mut self);
}

trait PipelineVisitor {
    fn visit<P: PipelinePeer>(&mut self);
}

trait QueueVisitor {
    fn visit<Q: Queue>(&mut self);
}

/// A piece of work on any channel for tasks.
pub trait AsyncWork {
    type Output;
    fn run<P: AsyncPeer>(&self) -> Self::Output;
}

/// A piece of work on any channel for threads.
pub trait BlockingWork {
    type Output;
    fn run<P: BlockingPeer>(&self) -> Self::Output;
}

/// A piece of work on any pair of a sink and a stream.
pub trait PipelineWork {
    type Output;
    fn run<P: PipelinePeer>(&self) -> Self::Output;
}

/// A piece of work on any queue.
pub trait QueueWork {
    type Output;
    fn run<Q: Queue>(&self) -> Self::Output;
}

/// A piece of work on the non-waiting calls of any channel, for tasks or for threads.
pub trait TryWork {
    type Message: Message;
    type Output;
    fn capacity(&self) -> usize;
    fn run(
        &self,
        sender: impl TrySend<Self::Message>,
        receiver: impl TryReceive<Self::Message>,
    ) -> Self::Output;
}

/// Collects the names of the peers that have enough receivers.
struct Names {
    least: Receivers,
    names: Vec<&'static str>,
}

impl Names {
    fn new(least: Receivers) -> Self {
        Self {
            least,
            names: Vec::new(),
        }
    }

    fn add(&mut self, name: &'static str, receivers: Receivers) {
        if receivers >= self.least {
            self.names.push(name);
        }
    }
}

impl AsyncVisitor for Names {
    fn visit<P: AsyncPeer>(&mut self) {
        self.add(P::NAME, P::RECEIVERS);
    }
}

impl BlockingVisitor for Names {
    fn visit<P: BlockingPeer>(&mut self) {
        self.add(P::NAME, P::RECEIVERS);
    }
}

impl PipelineVisitor for Names {
    fn visit<P: PipelinePeer>(&mut self) {
        self.names.push(P::NAME);
    }
}

impl QueueVisitor for Names {
    fn visit<Q: Queue>(&mut self) {
        self.names.push(Q::NAME);
    }
}

/// Returns the channels for tasks that can have so many receivers.
pub fn async_names(least: Receivers) -> Vec<&'static str> {
    let mut names = Names::new(least);
    each_async(&mut names);
    names.names
}

/// Returns the channels for threads that can have so many receivers.
pub fn blocking_names(least: Receivers) -> Vec<&'static str> {
    let mut names = Names::new(least);
    each_blocking(&mut names);
    names.names
}

/// Returns the channels that are a sink and a stream.
pub fn pipeline_names() -> Vec<&'static str> {
    let mut names = Names::new(Receivers::One);
    each_pipeline(&mut names);
    names.names
}

/// Returns the queues.
pub fn queue_names() -> Vec<&'static str> {
    let mut names = Names::new(Receivers::One);
    each_queue(&mut names);
    names.names
}

/// Returns all channels, for tasks or for threads.
pub fn try_names() -> Vec<&'static str> {
    let mut names = Names::new(Receivers::One);
    each_async(&mut names);
    each_blocking_only(&mut names);
    names.names
}

/// Does a piece of work on the one peer that has the name.
struct Find<'a, W, O> {
    work: &'a W,
    name: &'a str,
    output: Option<O>,
}

impl<W: AsyncWork> AsyncVisitor for Find<'_, W, W::Output> {
    fn visit<P: AsyncPeer>(&mut self) {
        if P::NAME == self.name {
            self.output = Some(self.work.run::<P>());
        }
    }
}

impl<W: BlockingWork> BlockingVisitor for Find<'_, W, W::Output> {
    fn visit<P: BlockingPeer>(&mut self) {
        if P::NAME == self.name {
            self.output = Some(self.work.run::<P>());
        }
    }
}

impl<W: PipelineWork> PipelineVisitor for Find<'_, W, W::Output> {
    fn visit<P: PipelinePeer>(&mut self) {
        if P::NAME == self.name {
            self.output = Some(self.work.run::<P>());
        }
    }
}

impl<W: QueueWork> QueueVisitor for Find<'_, W, W::Output> {
    fn visit<Q: Queue>(&mut self) {
        if Q::NAME == self.name {
            self.output = Some(self.work.run::<Q>());
        }
    }
}

/// [`Find`] for work that needs only the non-waiting calls.
struct FindTry<'a, W, O>(Find<'a, W, O>);

impl<W: TryWork> AsyncVisitor for FindTry<'_, W, W::Output> {
    fn visit<P: AsyncPeer>(&mut self) {
        if P::NAME == self.0.name {
            let (sender, receiver) = P::channel(self.0.work.capacity());
            self.0.output = Some(self.0.work.run(sender, receiver));
        }
    }
}

impl<W: TryWork> BlockingVisitor for FindTry<'_, W, W::Output> {
    fn visit<P: BlockingPeer>(&mut self) {
        if P::NAME == self.0.name {
            let (sender, receiver) = P::channel(self.0.work.capacity());
            self.0.output = Some(self.0.work.run(sender, receiver));
        }
    }
}

/// Creates a search that has found no peer yet.
fn find<'a, W, O>(work: &'a W, name: &'a str) -> Find<'a, W, O> {
    Find {
        work,
        name,
        output: None,
    }
}

/// Runs the work on the channel for tasks of that name, if there is one.
pub fn run_async<W: AsyncWork>(name: &str, work: &W) -> Option<W::Output> {
    let mut find = find(work, name);
    each_async(&mut find);
    AsyncVisitor::visit::<bare::Bare>(&mut find);
    find.output
}

/// Runs the work on the channel for threads of that name, if there is one.
pub fn run_blocking<W: BlockingWork>(name: &str, work: &W) -> Option<W::Output> {
    let mut find = find(work, name);
    each_blocking(&mut find);
    BlockingVisitor::visit::<bare::Bare>(&mut find);
    find.output
}

/// Runs the work on the sink and stream of that name, if there is one.
pub fn run_pipeline<W: PipelineWork>(name: &str, work: &W) -> Option<W::Output> {
    let mut find = find(work, name);
    each_pipeline(&mut find);
    find.output
}

/// Runs the work on the queue of that name, if there is one.
pub fn run_queue<W: QueueWork>(name: &str, work: &W) -> Option<W::Output> {
    let mut find = find(work, name);
    each_queue(&mut find);
    find.output
}

/// Runs the work on the channel of that name, for tasks or for threads, if there is one.
pub fn run_try<W: TryWork>(name: &str, work: &W) -> Option<W::Output> {
    let mut find = FindTry(find(work, name));
    each_async(&mut find);
    each_blocking_only(&mut find);
    find.0.output
}
