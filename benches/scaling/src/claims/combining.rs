//! Flat combining: the first thread that loses claims for all that have lost.
//!
//! A thread tries once. If it loses, it posts a request on a line of its own, and the one that
//! takes the combiner's lock moves the word by as many as have posted, and answers each with its
//! position. A thread that sees its own request answered has had no further access to the word at
//! all.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::Line;

/// What a request line holds: nothing, a request, or the position claimed for it and this offset.
const NONE: u64 = 0;
const REQUEST: u64 = 1;
const ANSWER: u64 = 2;

const MOST_THREADS: usize = u128::BITS as usize;

/// How often a thread looks for its answer before it lets others have its core.
const LOOKS: u32 = 1000;

/// The lock of the combiner, and the request lines of all threads.
#[derive(Debug)]
pub(crate) struct Board {
    lock: Lock,
    requests: Vec<Line>,
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Lock(AtomicBool);

impl Board {
    pub(crate) fn new(threads: usize) -> Self {
        assert!(threads <= MOST_THREADS, "a bit for each thread");
        Self {
            lock: Lock::default(),
            requests: (0..threads).map(|_| Line::default()).collect(),
        }
    }

    /// Claims for the thread with this number.
    pub(crate) fn claim(&self, Line(word): &Line, number: usize) -> u64 {
        // ORDERING: Relaxed. A guess, which the compare-exchange confirms.
        let seen = word.load(Ordering::Relaxed);
        // ORDERING: AcqRel, as in the crate's claim. On failure Relaxed: nothing is done with it.
        if word
            .compare_exchange(seen, seen + 1, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
        {
            return seen;
        }
        let Line(request) = &self.requests[number];
        // ORDERING: Release. Pairs with the Acquire in `combine`, as a request that brought a
        // message along would need.
        request.store(REQUEST, Ordering::Release);
        let mut looks = 0_u32;
        loop {
            // ORDERING: Acquire. Pairs with the Release in `combine`: a claim happens before its
            // use.
            let answer = request.load(Ordering::Acquire);
            if answer != REQUEST {
                // ORDERING: Relaxed. Only this thread posts here.
                request.store(NONE, Ordering::Relaxed);
                return answer - ANSWER;
            }
            if self.try_lock() {
                self.combine(word);
                // ORDERING: Release. Pairs with the Acquire in `try_lock`.
                self.lock.0.store(false, Ordering::Release);
                continue;
            }
            looks += 1;
            if looks % LOOKS == 0 {
                thread::yield_now();
            } else {
                spin_loop();
            }
        }
    }

    fn try_lock(&self) -> bool {
        // ORDERING: Relaxed. A look that spares the line a write; the swap decides. Acquire there
        // pairs with the Release of the unlock.
        !self.lock.0.load(Ordering::Relaxed) && !self.lock.0.swap(true, Ordering::Acquire)
    }

    /// Claims for all requests that are posted now.
    fn combine(&self, word: &AtomicU64) {
        let mut posted = 0_u128;
        for (number, Line(request)) in self.requests.iter().enumerate() {
            // ORDERING: Acquire. Pairs with the Release in `claim`.
            if request.load(Ordering::Acquire) == REQUEST {
                posted |= 1 << number;
            }
        }
        if posted == 0 {
            return;
        }
        // A combiner cannot claim more than there are slots, so a ring would have to compare and
        // exchange, too.
        let mut position = loop {
            // ORDERING: Relaxed. A guess.
            let seen = word.load(Ordering::Relaxed);
            let moved = seen + u64::from(posted.count_ones());
            // ORDERING: AcqRel, as in `claim`. On failure Relaxed: nothing is done with it.
            let exchanged =
                word.compare_exchange_weak(seen, moved, Ordering::AcqRel, Ordering::Relaxed);
            if exchanged.is_ok() {
                break seen;
            }
        };
        for (number, Line(request)) in self.requests.iter().enumerate() {
            if posted >> number & 1 == 1 {
                // ORDERING: Release. Pairs with the Acquire in `claim`.
                request.store(ANSWER + position, Ordering::Release);
                position += 1;
            }
        }
    }
}
