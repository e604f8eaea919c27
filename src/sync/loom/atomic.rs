//! loom's atomics, made to be explored completely and to end loops that wait.
//!
//! # Reads that loom loses sight of
//!
//! loom finds out which interleavings differ while it runs: when a thread is about to access an object,
//! it looks for the last access that depends on the order of the two, and lets this thread go first next
//! time. For a write it looks at the last access *of any kind by any thread*. So a thread that reads a
//! word and then writes it meets its own read and looks no further: a read by another thread before it
//! is never put after that write (loom's issues 166 and 392, open as of 0.7.3). Load and then
//! compare-and-swap is what every claim does. Without a remedy, a model of one thread that sends and one
//! that receives has a single execution.
//!
//! The remedy: each atomic has a [`Notify`] for each thread that reads it, an object without any effect
//! that loom keeps accounts of. A thread touches its own at each of its reads and those of the others at
//! each of its writes, as part of the same step. Nobody's touch hides another's from a third.
//!
//! (A write that precedes another thread's read and write need no remedy: that read depends on it.)
//!
//! # Looks that find nothing
//!
//! loom knows no time. A thread that looks, finds nothing and yields gives rise to a new interleaving
//! with every round. With two such threads there is no end: each can be scheduled after the other,
//! forever, at the expense of the one that both wait for (loom's issue 53). A yield is no
//! preemption, so a
//! bound on preemptions does not help, and the model dies of its maximum of branches.
//!
//! But a look that finds nothing changes nothing, so a second one finds the same, unless another
//! thread has
//! written meanwhile. Hence [`look_again`]: if nothing was written to any [`AtomicU64`] since this
//! thread last
//! looked, exploration *ends for this execution*, which runs to its end, and to its assertions, in
//! the order of loom's scheduler, which is fair to those that have yielded least. What could happen if
//! this thread was scheduled later is explored in executions of its own.
//!
//! # What is not covered
//!
//! * Executions that differ from a covered one only in the number of such looks. (Where preemptions
//!   are bounded, the covered one may need one more than the other.)
//! * `compare_exchange_weak` never fails without reason: loom has no such failures.
//! * Only the methods that the crate uses exist, so that none goes around the accounts.

use std::cell::Cell;
use std::sync::Mutex;

use loom::sync::Notify;
use loom::sync::atomic::Ordering;
use loom::thread::{self, ThreadId};

/// The most threads of a model that may read one atomic.
const READERS: usize = 4;

std::thread_local! {
    /// Inside of `together`. loom runs its threads as coroutines of one real thread.
    static TOGETHER: Cell<bool> = const { Cell::new(false) };
    /// Counts the writes to all `AtomicU64`s.
    static WRITES: Cell<u64> = const { Cell::new(0) };
}

loom::thread_local! {
    /// What `WRITES` was when this thread last looked and found nothing.
    static SEEN: Cell<Option<u64>> = Cell::new(None);
}

/// Runs `steps` as part of the step before: no other thread comes in between.
pub(super) fn together(steps: impl FnOnce()) {
    struct Outermost;
    impl Drop for Outermost {
        fn drop(&mut self) {
            TOGETHER.set(false);
        }
    }

    if TOGETHER.replace(true) {
        return steps();
    }
    let _outermost = Outermost;
    loom::stop_exploring();
    steps();
    loom::explore();
}

/// To be called after a look that found nothing, before the next one; see the module's
/// documentation.
pub(super) fn look_again() {
    let writes = WRITES.get();
    if SEEN.with(|seen| seen.replace(Some(writes))) == Some(writes) {
        loom::skip_branch();
    }
    thread::yield_now();
}

/// Who has read an atomic, made known to loom; see the module's documentation.
#[derive(Debug)]
struct Readers {
    /// Touched by a thread of its own at each of its reads, and by all others at each of their writes.
    marks: [Notify; READERS],
    /// Whose the marks are.
    owners: Mutex<Vec<ThreadId>>,
}

impl Readers {
    fn new() -> Self {
        Self {
            marks: std::array::from_fn(|_| Notify::new()),
            owners: Mutex::default(),
        }
    }

    /// Runs `load`, a read by this thread.
    fn reading<R>(&self, load: impl FnOnce() -> R) -> R {
        let result = load();
        let this = thread::current().id();
        let mut owners = self.owners.lock().unwrap();
        let mark = owners.iter().position(|owner| *owner == this);
        let mark = mark.unwrap_or_else(|| {
            owners.push(this);
            owners.len() - 1
        });
        together(|| self.marks[mark].notify());
        result
    }

    /// Runs `store`, a write by this thread.
    fn writing<R>(&self, store: impl FnOnce() -> R) -> R {
        let result = store();
        let this = thread::current().id();
        let owners = self.owners.lock().unwrap();
        together(|| {
            let others = self.marks.iter().zip(owners.iter());
            for (mark, _) in others.filter(|(_, owner)| **owner != this) {
                mark.notify();
            }
        });
        result
    }
}

/// loom's `AtomicU64`: the words and the stamps of the ring.
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

    pub(crate) fn load(&self, order: Ordering) -> u64 {
        self.readers.reading(|| self.value.load(order))
    }

    pub(crate) fn store(&self, value: u64, order: Ordering) {
        self.writing(|| self.value.store(value, order));
    }

    pub(crate) fn compare_exchange(
        &self,
        seen: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u64, u64> {
        self.writing(|| self.value.compare_exchange(seen, new, success, failure))
    }

    pub(crate) fn compare_exchange_weak(
        &self,
        seen: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u64, u64> {
        self.compare_exchange(seen, new, success, failure)
    }

    pub(crate) fn fetch_or(&self, value: u64, order: Ordering) -> u64 {
        self.writing(|| self.value.fetch_or(value, order))
    }

    pub(crate) fn fetch_and(&self, value: u64, order: Ordering) -> u64 {
        self.writing(|| self.value.fetch_and(value, order))
    }

    pub(crate) fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
        self.writing(|| self.value.fetch_add(value, order))
    }

    pub(crate) fn fetch_sub(&self, value: u64, order: Ordering) -> u64 {
        self.writing(|| self.value.fetch_sub(value, order))
    }

    /// A compare-and-swap counts as a write also when it fails: it does so only after another write.
    fn writing<R>(&self, store: impl FnOnce() -> R) -> R {
        let result = self.readers.writing(store);
        WRITES.set(WRITES.get() + 1);
        result
    }
}

/// loom's `AtomicUsize`: counts.
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

    pub(crate) fn load(&self, order: Ordering) -> usize {
        self.readers.reading(|| self.value.load(order))
    }

    pub(crate) fn store(&self, value: usize, order: Ordering) {
        self.readers.writing(|| self.value.store(value, order));
    }

    pub(crate) fn compare_exchange(
        &self,
        seen: usize,
        new: usize,
        success: Ordering,
        failure: Ordering,
    ) -> Result<usize, usize> {
        self.readers
            .writing(|| self.value.compare_exchange(seen, new, success, failure))
    }

    pub(crate) fn compare_exchange_weak(
        &self,
        seen: usize,
        new: usize,
        success: Ordering,
        failure: Ordering,
    ) -> Result<usize, usize> {
        self.compare_exchange(seen, new, success, failure)
    }

    pub(crate) fn fetch_add(&self, value: usize, order: Ordering) -> usize {
        self.readers.writing(|| self.value.fetch_add(value, order))
    }

    pub(crate) fn fetch_sub(&self, value: usize, order: Ordering) -> usize {
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

    pub(crate) fn swap(&self, value: bool, order: Ordering) -> bool {
        self.readers.writing(|| self.value.swap(value, order))
    }

    /// As a swap. loom lets a swap read any store without a successor by happens-before, so also its own
    /// thread's last swap, although a store by another thread has come after that one: a swap is followed at
    /// once by what it made of the value that it read, which loom does not keep to. (Seen in
    /// `reserving::reserve_many_against_another`: a reservation lock that was given back could not
    /// be taken.)
    pub(crate) fn store(&self, value: bool, order: Ordering) {
        self.readers.writing(|| {
            self.value.swap(value, order);
        });
    }
}

/// loom's `AtomicU8`: states.
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

    pub(crate) fn load(&self, order: Ordering) -> u8 {
        self.readers.reading(|| self.value.load(order))
    }

    pub(crate) fn store(&self, value: u8, order: Ordering) {
        self.readers.writing(|| self.value.store(value, order));
    }
}

/// loom's `AtomicPtr`: a pointer that is set once at most. One that is set from the beginning never changes, so loom is not
/// told of its reads.
#[derive(Debug)]
pub(crate) struct AtomicPtr<T> {
    first: *mut T,
    value: loom::sync::atomic::AtomicPtr<T>,
    readers: Readers,
}

// SAFETY: what is done with the pointer is its user's to defend.
unsafe impl<T> Send for AtomicPtr<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for AtomicPtr<T> {}

impl<T> AtomicPtr<T> {
    pub(crate) fn new(first: *mut T) -> Self {
        Self {
            first,
            value: loom::sync::atomic::AtomicPtr::new(first),
            readers: Readers::new(),
        }
    }

    pub(crate) fn load(&self, order: Ordering) -> *mut T {
        if !self.first.is_null() {
            return self.first;
        }
        self.readers.reading(|| self.value.load(order))
    }

    pub(crate) fn compare_exchange(
        &self,
        seen: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        assert!(self.first.is_null(), "set once");
        self.readers
            .writing(|| self.value.compare_exchange(seen, new, success, failure))
    }
}
