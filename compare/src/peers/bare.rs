//! No peer, but the least that a channel of one sender and one receiver needs to let the receiver
//! wait: a queue without a limit under a lock, and one place for who waits. Rows of the floor run
//! on it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::task::Poll;
use std::thread::{self, Thread};

use futures_util::task::AtomicWaker;

use super::{
    AsyncPeer, AsyncReceive, AsyncSend, BlockingPeer, BlockingReceive, BlockingSend, Receivers,
    TryReceive, TrySend,
};
use crate::message::Message;
use crate::scenarios::FLOOR;

pub struct Bare;

struct Shared<M> {
    messages: Mutex<VecDeque<M>>,
    is_closed: AtomicBool,
    task: AtomicWaker,
    thread: OnceLock<Thread>,
}

impl<M> Shared<M> {
    fn messages(&self) -> MutexGuard<'_, VecDeque<M>> {
        self.messages.lock().expect("nothing panics under the lock")
    }

    /// Returns the next message, `None` in it if there will be none, or nothing yet.
    fn next(&self) -> Option<Option<M>> {
        let is_closed = self.is_closed.load(Ordering::Acquire);
        let message = self.messages().pop_front();
        (message.is_some() || is_closed).then_some(message)
    }

    fn wake(&self) {
        self.task.wake();
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

/// Closes the channel when the last clone is dropped.
#[derive(Clone)]
pub struct Sender<M>(Arc<Open<M>>);

struct Open<M>(Arc<Shared<M>>);

pub struct Receiver<M>(Arc<Shared<M>>);

impl<M> Drop for Open<M> {
    fn drop(&mut self) {
        self.0.is_closed.store(true, Ordering::Release);
        self.0.wake();
    }
}

fn channel<M>() -> (Sender<M>, Receiver<M>) {
    let shared = Arc::new(Shared {
        messages: Mutex::default(),
        is_closed: AtomicBool::new(false),
        task: AtomicWaker::new(),
        thread: OnceLock::new(),
    });
    (
        Sender(Arc::new(Open(Arc::clone(&shared)))),
        Receiver(shared),
    )
}

impl AsyncPeer for Bare {
    const NAME: &'static str = FLOOR;
    const RECEIVERS: Receivers = Receivers::One;
    type Sender<M: Message> = Sender<M>;
    type Receiver<M: Message> = Receiver<M>;

    fn channel<M: Message>(_: usize) -> (Sender<M>, Receiver<M>) {
        channel()
    }
}

impl BlockingPeer for Bare {
    const NAME: &'static str = FLOOR;
    const RECEIVERS: Receivers = Receivers::One;
    type Sender<M: Message> = Sender<M>;
    type Receiver<M: Message> = Receiver<M>;

    fn channel<M: Message>(_: usize) -> (Sender<M>, Receiver<M>) {
        channel()
    }
}

impl<M: Message> TrySend<M> for Sender<M> {
    fn try_send(&mut self, message: M) -> bool {
        self.0.0.messages().push_back(message);
        self.0.0.wake();
        true
    }
}

impl<M: Message> TryReceive<M> for Receiver<M> {
    fn try_recv(&mut self) -> Option<M> {
        self.0.next().flatten()
    }
}

impl<M: Message> AsyncSend<M> for Sender<M> {
    async fn send(&mut self, message: M) -> bool {
        self.try_send(message)
    }
}

impl<M: Message> AsyncReceive<M> for Receiver<M> {
    fn another(&self) -> Option<Self> {
        None
    }

    async fn recv(&mut self) -> Option<M> {
        let shared = &self.0;
        poll_fn(|cx| {
            if let Some(next) = shared.next() {
                return Poll::Ready(next);
            }
            shared.task.register(cx.waker());
            shared.next().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

impl<M: Message> BlockingSend<M> for Sender<M> {
    fn send_blocking(&mut self, message: M) -> bool {
        self.try_send(message)
    }
}

impl<M: Message> BlockingReceive<M> for Receiver<M> {
    fn another_blocking(&self) -> Option<Self> {
        None
    }

    fn recv_blocking(&mut self) -> Option<M> {
        self.0.thread.get_or_init(thread::current);
        loop {
            if let Some(next) = self.0.next() {
                return next;
            }
            thread::park();
        }
    }
}
