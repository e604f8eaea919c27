//! loom's atomics, extended so that models are explored completely and loops that wait end.
//!
//! # Reads that loom overlooks
//!
//! loom finds out which interleavings differ while it runs. When a thread is about to access an
//! object, loom finds the last access that depends on the order of the two, and runs this thread
//! first next time. For a write it considers the last access *of any kind by any thread*. So when a
//! thread reads an atomic and then writes it, loom finds that thread's own read and looks no
//! further: a read by another thread before it is never put after that write (loom's issues 166 and
//! 392, open as of 0.7.3). Every claim is a load followed by a compare-exchange. Without a
//! workaround, a model of one thread that sends and one that receives has a single execution.
//!
//! The workaround: each atomic has a [`Notify`] for each thread that reads it. These objects have
//! no effect, but loom tracks accesses to them. A thread accesses its own at each of its reads, and
//! those of the other threads at each of its writes, as part of the same step. So the access of one
//! thread never hides that of another thread.
//!
//! (A write that precedes another thread's read and write needs no workaround, since that read
//! depends on it.)
//!
//! # Checks that fail
//!
//! loom has no notion of time. A thread that checks a condition without success and yields creates
//! a new interleaving with every round. With two such threads there is no end: each can be
//! scheduled after the other, forever, while the thread that both wait for never runs (loom's issue
//! 53). A yield is not a preemption, so a bound on preemptions does not help, and the model exceeds
//! its maximum number of branches.
//!
//! A failed check changes nothing, so a second one also fails unless another thread has written
//! meanwhile. Hence [`yield_in_wait_loop`]: if no [`AtomicU64`] was written since this thread's
//! last failed check, exploration *ends for this execution*. The execution runs to its end and to
//! its assertions in the order of loom's scheduler, which is fair to the threads that have yielded
//! least. Executions in which this thread is scheduled later are explored separately.
//!
//! # What is not covered
//!
//! * Executions that differ from a covered one only in the number of failed checks. (Where
//!   preemptions are bounded, the covered one may need one more than the other.)
//! * Spurious failures of `compare_exchange_weak`, which loom does not have.
//!
//! Only the methods that the crate uses exist, so no access avoids this tracking. Each of them also
//! passes its orderings through [`weakened`].

use std::cell::Cell;
use std::sync::Mutex;

use loom::sync::Notify;
use loom::sync::atomic::Ordering;
use loom::thread::{self, ThreadId};

use super::weaken::weakened;

/// The largest number of threads of a model that may read one atomic.
const READERS: usize = 4;

std::thread_local! {
    /// `true` inside `in_one_step`. loom runs its threads as coroutines of one real thread.
    static IN_ONE_STEP: Cell<bool> = const { Cell::new(false) };
    /// The number of writes to all `AtomicU64`s.
    static WRITES: Cell<u64> = const { Cell::new(0) };
}

loom::thread_local! {
    /// The value of `WRITES` at this thread's last failed check.
    static SEEN: Cell<Option<u64>> = Cell::new(None);
}

/// Runs `steps` as part of the step before: no other thread runs in between.
pub(super) fn in_one_step(steps: impl FnOnce()) {
    struct Outermost;
    impl Drop for Outermost {
        fn drop(&mut self) {
            IN_ONE_STEP.set(false);
        }
    }

    if IN_ONE_STEP.replace(true) {
        return steps();
    }
    let _outermost = Outermost;
    loom::stop_exploring();
    steps();
    loom::explore();
}

/// Yields after a failed check, before the next one; see the module's documentation.
pub(super) fn yield_in_wait_loop() {
    let writes = WRITES.get();
    if SEEN.with(|seen| seen.replace(Some(writes))) == Some(writes) {
        loom::skip_branch();
    }
    thread::yield_now();
}

/// The threads that have read an atomic, made known to loom; see the module's documentation.
#[derive(Debug)]
struct Readers {
    /// One object for each thread: accessed by that thread at each of its reads, and by all other
    /// threads at each of their writes.
    probes: [Notify; READERS],
    /// The threads of the objects, in the same order.
    threads: Mutex<Vec<ThreadId>>,
}

impl Readers {
    fn new() -> Self {
        Self {
            probes: std::array::from_fn(|_| Notify::new()),
            threads: Mutex::default(),
        }
    }

    /// Runs `load`, a read by this thread.
    fn reading<R>(&self, load: impl FnOnce() -> R) -> R {
        let result = load();
        let this = thread::current().id();
        let mut threads = self.threads.lock().unwrap();
        let probe = threads.iter().position(|thread| *thread == this);
        let probe = probe.unwrap_or_else(|| {
            threads.push(this);
            threads.len() - 1
        });
        in_one_step(|| self.probes[probe].notify());
        result
    }

    /// Runs `store`, a write by this thread.
    fn writing<R>(&self, store: impl FnOnce() -> R) -> R {
        let result = store();
        let this = thread::current().id();
        let threads = self.threads.lock().unwrap();
        in_one_step(|| {
            let others = self.probes.iter().zip(threads.iter());
            for (probe, _) in others.filter(|(_, thread)| **thread != this) {
                probe.notify();
            }
        });
        result
    }
}

/// loom's `AtomicU64`, for the states and the stamps of the ring.
#[derive(Debug)]
pub(crate) struct AtomicU64 {
    value: loom::sync::atomic::AtomicU64,
    readers: Readers,
}

impl AtomicU64 {
    pub(crate) fn new(value: u64) -> Self {
        Self {
            value: loom::sync::atomic::AtomicU64::new(value),
            readers: Readers::new(),
        }
    }

    #[track_caller]
    pub(crate) fn load(&self, order: Ordering) -> u64 {
        let [order] = weakened([order]);
        self.readers.reading(|| self.value.load(order))
    }

    #[track_caller]
    pub(crate) fn store(&self, value: u64, order: Ordering) {
        let [order] = weakened([order]);
        self.writing(|| self.value.store(value, order));
    }

    #[track_caller]
    pub(crate) fn compare_exchange(
        &self,
        seen: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u64, u64> {
        let [success, failure] = weakened([success, failure]);
        self.writing(|| self.value.compare_exchange(seen, new, success, failure))
    }

    #[track_caller]
    pub(crate) fn compare_exchange_weak(
        &self,
        seen: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u64, u64> {
        self.compare_exchange(seen, new, success, failure)
    }

    #[track_caller]
    pub(crate) fn fetch_or(&self, value: u64, order: Ordering) -> u64 {
        let [order] = weakened([order]);
        self.writing(|| self.value.fetch_or(value, order))
    }

    #[track_caller]
    pub(crate) fn fetch_and(&self, value: u64, order: Ordering) -> u64 {
        let [order] = weakened([order]);
        self.writing(|| self.value.fetch_and(value, order))
    }

    #[track_caller]
    pub(crate) fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
        let [order] = weakened([order]);
        self.writing(|| self.value.fetch_add(value, order))
    }

    #[track_caller]
    pub(crate) fn fetch_sub(&self, value: u64, order: Ordering) -> u64 {
        let [order] = weakened([order]);
        self.writing(|| self.value.fetch_sub(value, order))
    }

    /// Runs `store` and counts it as a write. A failed compare-exchange counts, too: it fails only
    /// after another write.
    fn writing<R>(&self, store: impl FnOnce() -> R) -> R {
        let result = self.readers.writing(store);
        WRITES.set(WRITES.get() + 1);
        result
    }
}

/// loom's `AtomicUsize`, for counters.
#[derive(Debug)]
pub(crate) struct AtomicUsize {
    value: loom::sync::atomic::AtomicUsize,
    readers: Readers,
}

impl AtomicUsize {
    pub(crate) fn new(value: usize) -> Self {
        Self {
            value: loom::sync::atomic::AtomicUsize::new(value),
            readers: Readers::new(),
        }
    }

    #[track_caller]
    pub(crate) fn load(&self, order: Ordering) -> usize {
        let [order] = weakened([order]);
        self.readers.reading(|| self.value.load(order))
    }

    #[track_caller]
    pub(crate) fn store(&self, value: usize, order: Ordering) {
        let [order] = weakened([order]);
        self.readers.writing(|| self.value.store(value, order));
    }

    #[track_caller]
    pub(crate) fn compare_exchange(
        &self,
        seen: usize,
        new: usize,
        success: Ordering,
        failure: Ordering,
    ) -> Result<usize, usize> {
        let [success, failure] = weakened([success, failure]);
        self.readers
            .writing(|| self.value.compare_exchange(seen, new, success, failure))
    }

    #[track_caller]
    pub(crate) fn compare_exchange_weak(
        &self,
        seen: usize,
        new: usize,
        success: Ordering,
        failure: Ordering,
    ) -> Result<usize, usize> {
        self.compare_exchange(seen, new, success, failure)
    }

    #[track_caller]
    pub(crate) fn fetch_add(&self, value: usize, order: Ordering) -> usize {
        let [order] = weakened([order]);
        self.readers.writing(|| self.value.fetch_add(value, order))
    }

    #[track_caller]
    pub(crate) fn fetch_sub(&self, value: usize, order: Ordering) -> usize {
        let [order] = weakened([order]);
        self.readers.writing(|| self.value.fetch_sub(value, order))
    }
}

/// loom's `AtomicBool`.
#[derive(Debug)]
pub(crate) struct AtomicBool {
    value: loom::sync::atomic::AtomicBool,
    readers: Readers,
}

impl AtomicBool {
    pub(crate) fn new(value: bool) -> Self {
        Self {
            value: loom::sync::atomic::AtomicBool::new(value),
            readers: Readers::new(),
        }
    }

    #[track_caller]
    pub(crate) fn load(&self, order: Ordering) -> bool {
        let [order] = weakened([order]);
        self.readers.reading(|| self.value.load(order))
    }

    #[track_caller]
    pub(crate) fn swap(&self, value: bool, order: Ordering) -> bool {
        let [order] = weakened([order]);
        self.readers.writing(|| self.value.swap(value, order))
    }

    /// Stores with a swap. loom lets a swap read any store without a successor by happens-before,
    /// which includes its own thread's last swap although another thread has stored since. In the
    /// memory model, a swap directly follows the store that it reads, but loom does not enforce
    /// this. (Found by `reserving::reserve_many_against_another`: a reservation lock that was
    /// released could not be acquired.)
    #[track_caller]
    pub(crate) fn store(&self, value: bool, order: Ordering) {
        let [order] = weakened([order]);
        self.readers.writing(|| {
            self.value.swap(value, order);
        });
    }
}

/// loom's `AtomicU8`, for waiter states.
#[derive(Debug)]
pub(crate) struct AtomicU8 {
    value: loom::sync::atomic::AtomicU8,
    readers: Readers,
}

impl AtomicU8 {
    pub(crate) fn new(value: u8) -> Self {
        Self {
            value: loom::sync::atomic::AtomicU8::new(value),
            readers: Readers::new(),
        }
    }

    #[track_caller]
    pub(crate) fn load(&self, order: Ordering) -> u8 {
        let [order] = weakened([order]);
        self.readers.reading(|| self.value.load(order))
    }

    #[track_caller]
    pub(crate) fn store(&self, value: u8, order: Ordering) {
        let [order] = weakened([order]);
        self.readers.writing(|| self.value.store(value, order));
    }
}

/// loom's `AtomicPtr`. A pointer that is not null from the start never changes, so loom does not
/// track its reads.
#[derive(Debug)]
pub(crate) struct AtomicPtr<T> {
    first: *mut T,
    value: loom::sync::atomic::AtomicPtr<T>,
    readers: Readers,
}

// SAFETY: users of the pointer justify each access to its target.
unsafe impl<T> Send for AtomicPtr<T> {}
// SAFETY: users of the pointer justify each access to its target.
unsafe impl<T> Sync for AtomicPtr<T> {}

impl<T> AtomicPtr<T> {
    pub(crate) fn new(first: *mut T) -> Self {
        Self {
            first,
            value: loom::sync::atomic::AtomicPtr::new(first),
            readers: Readers::new(),
        }
    }

    #[track_caller]
    pub(crate) fn load(&self, order: Ordering) -> *mut T {
        if !self.first.is_null() {
            return self.first;
        }
        let [order] = weakened([order]);
        self.readers.reading(|| self.value.load(order))
    }

    #[track_caller]
    pub(crate) fn compare_exchange(
        &self,
        seen: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        let [success, failure] = weakened([success, failure]);
        assert!(self.first.is_null(), "never changes");
        self.readers
            .writing(|| self.value.compare_exchange(seen, new, success, failure))
    }

    #[track_caller]
    pub(crate) fn swap(&self, new: *mut T, order: Ordering) -> *mut T {
        let [order] = weakened([order]);
        assert!(self.first.is_null(), "never changes");
        self.readers.writing(|| self.value.swap(new, order))
    }
}
