//! Loops that always find their channels ready, and a meter of the operations between two runs of a
//! neighbor.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, select};
use futures::{FutureExt, SinkExt, StreamExt, stream};
use mpmc_std::channel;

/// The time after which a loop ends, so that a failure does not hang.
const GIVE_UP: Duration = Duration::from_secs(3);

/// A counter of the operations of a loop, and of the most operations between two runs of the
/// neighbor.
#[derive(Clone)]
pub(crate) struct Meter(Arc<Counts>);

struct Counts {
    operations: AtomicUsize,
    since_neighbor_ran: AtomicUsize,
    most: AtomicUsize,
    /// The number of operations after which the loop ends.
    limit: usize,
    has_ended: AtomicBool,
    start: Instant,
}

impl Meter {
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Counts {
            operations: AtomicUsize::new(0),
            since_neighbor_ran: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            limit,
            has_ended: AtomicBool::new(false),
            start: Instant::now(),
        }))
    }

    /// Counts one operation. Returns whether the loop continues.
    fn proceeds(&self) -> bool {
        let since = self.0.since_neighbor_ran.fetch_add(1, Ordering::Relaxed) + 1;
        self.0.most.fetch_max(since, Ordering::Relaxed);
        let operations = self.0.operations.fetch_add(1, Ordering::Relaxed) + 1;
        let late = operations % 256 == 0 && self.0.start.elapsed() > GIVE_UP;
        operations < self.0.limit && !late
    }

    /// Runs as often as it can, next to the loop.
    pub(crate) async fn neighbor(self) {
        while !self.0.has_ended.load(Ordering::Relaxed) {
            self.0.since_neighbor_ran.store(0, Ordering::Relaxed);
            yield_now().await;
        }
    }

    /// Returns the most operations between two runs of the neighbor.
    pub(crate) fn most(&self) -> usize {
        self.0.most.load(Ordering::Relaxed)
    }
}

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

pub(crate) type Loop = fn(Meter) -> BoxFuture<'static, ()>;

pub(crate) const LOOPS: [(&str, Loop); 14] = [
    ("recv and send", |meter| recv_and_send(meter).boxed()),
    ("recv", |meter| recv(meter).boxed()),
    ("tokio::select!, idle first", |meter| {
        tokio_select(meter, true).boxed()
    }),
    ("tokio::select!, at random", |meter| {
        tokio_select(meter, false).boxed()
    }),
    ("futures::select", |meter| futures_select(meter).boxed()),
    ("join!", |meter| join(meter, false).boxed()),
    ("join! with an idle one", |meter| join(meter, true).boxed()),
    ("stream::select", |meter| {
        stream_select(meter, false).boxed()
    }),
    ("stream::select with an idle one", |meter| {
        stream_select(meter, true).boxed()
    }),
    ("buffer_unordered", |meter| buffer_unordered(meter).boxed()),
    ("feed", |meter| feed(meter).boxed()),
    ("poll_recv", |meter| poll_recv(meter, false).boxed()),
    ("poll_recv after an idle one", |meter| {
        poll_recv(meter, true).boxed()
    }),
    ("reserve", |meter| reserve(meter).boxed()),
];

async fn recv_and_send(meter: Meter) {
    let (tx, rx) = channel(1);
    while meter.proceeds() {
        tx.send(1).await.unwrap();
        assert_eq!(rx.recv().await, Some(1));
    }
}

async fn recv(meter: Meter) {
    let (tx, rx) = channel(1);
    while meter.proceeds() {
        tx.try_send(1).unwrap();
        assert_eq!(rx.recv().await, Some(1));
    }
}

async fn tokio_select(meter: Meter, idle_first: bool) {
    let (_idle, stopped) = channel::<()>(1);
    let (tx, rx) = channel(4);
    tx.try_send(1).unwrap();
    while meter.proceeds() {
        if idle_first {
            tokio::select! {
                biased;
                _ = stopped.recv() => unreachable!("idle"),
                job = rx.recv() => tx.send(job.unwrap()).await.unwrap(),
            }
        } else {
            tokio::select! {
                _ = stopped.recv() => unreachable!("idle"),
                job = rx.recv() => tx.send(job.unwrap()).await.unwrap(),
            }
        }
    }
}

async fn futures_select(meter: Meter) {
    let (_idle, stopped) = channel::<()>(1);
    let (tx, rx) = channel(4);
    tx.try_send(1).unwrap();
    let mut stopped = pin!(stopped.recv().fuse());
    while meter.proceeds() {
        let job = pin!(rx.recv());
        match select(&mut stopped, job).await {
            futures::future::Either::Left(_) => unreachable!("idle"),
            futures::future::Either::Right((job, _)) => tx.send(job.unwrap()).await.unwrap(),
        }
    }
}

async fn join(meter: Meter, idle: bool) {
    let (_idle, stopped) = channel::<()>(1);
    let (tx, rx) = channel(1);
    let mut stopped = pin!(stopped.recv());
    while meter.proceeds() {
        if idle {
            assert!(stopped.as_mut().now_or_never().is_none());
        }
        let (sent, received) = futures::join!(tx.send(1), rx.recv());
        sent.unwrap();
        assert_eq!(received, Some(1));
    }
}

async fn stream_select(meter: Meter, idle: bool) {
    let (tx, rx) = channel(2);
    let (other_tx, other_rx) = channel(2);
    let mut both = stream::select(rx, other_rx);
    tx.try_send(false).unwrap();
    if !idle {
        other_tx.try_send(true).unwrap();
    }
    while meter.proceeds() {
        let tx = if both.next().await.unwrap() {
            &other_tx
        } else {
            &tx
        };
        tx.try_send(std::ptr::eq(tx, &other_tx)).unwrap();
    }
}

async fn buffer_unordered(meter: Meter) {
    let (tx, rx) = channel(1);
    let jobs = stream::repeat_with(|| async {
        tx.send(1).await.unwrap();
        rx.recv().await.unwrap()
    });
    let mut jobs = pin!(jobs.buffer_unordered(4));
    while meter.proceeds() {
        assert_eq!(jobs.next().await, Some(1));
    }
}

async fn feed(meter: Meter) {
    let (mut tx, rx) = channel(2);
    while meter.proceeds() {
        tx.feed(1).await.unwrap();
        assert_eq!(rx.try_recv(), Ok(1));
    }
}

async fn poll_recv(meter: Meter, idle: bool) {
    let (_idle, mut stopped) = channel::<()>(1);
    let (tx, mut rx) = channel(2);
    while meter.proceeds() {
        tx.try_send(1).unwrap();
        let job = poll_fn(|cx| {
            if idle {
                assert!(stopped.poll_recv(cx).is_pending());
            }
            rx.poll_recv(cx)
        });
        assert_eq!(job.await, Some(1));
    }
}

async fn reserve(meter: Meter) {
    let (tx, rx) = channel(2);
    while meter.proceeds() {
        tx.reserve().await.unwrap().send(1);
        assert_eq!(rx.try_recv(), Ok(1));
    }
}

/// Records that the loop has ended, also after a panic.
struct Ended(Meter);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.0.has_ended.store(true, Ordering::Relaxed);
    }
}

/// Runs a loop to its end.
pub(crate) async fn run(body: Loop, meter: Meter) {
    let _ended = Ended(meter.clone());
    body(meter).await;
}
