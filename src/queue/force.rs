//! Sends that evict the oldest message if the queue is full.
//!
//! A `force_send` first reserves over capacity: it takes a permit even if there is no free capacity
//! for it, and then evicts a message to get below the capacity again (see `ring/permit.rs`). If
//! there is no message to evict, permits hold all of the capacity, and the send fails.
//!
//! One `force_send` runs at a time. Two reservations over capacity could block each other; and
//! because both would then be released, other senders would find the queue full although no message
//! or permit had filled it.

use super::MpmcQueue;
use super::retry::{RetryPolicy, retry};
use crate::ring::{ClaimError, Sent, Tail};
use crate::unwind::defer;
use crate::wait::Side;

/// The result of a `force_send` whose wakers have not been called yet.
struct Forced<T> {
    sent: Sent,
    /// The message that was evicted.
    evicted: Option<T>,
    /// True if a task may have waited for the evicted message to leave the queue.
    may_be_drained: bool,
}

/// The reason why a `force_send` failed.
enum ForceError {
    Claim(ClaimError),
    /// Permits hold all of the capacity. The permit of this send, now released, was one of them.
    Held {
        was_exhausted: bool,
    },
}

impl<T> MpmcQueue<T> {
    /// Sends, evicting the oldest message if there is no free capacity; returns that message. Fails
    /// only with `Closed`, with `Exhausted`, or with `Blocked` if permits hold all of the capacity.
    pub(crate) fn force_send(&self, value: T) -> Result<Option<T>, (T, ClaimError)> {
        // Before the lock is taken: if there is no memory, this panics, and the message is dropped.
        self.ring.allocate();
        // Wakers are called after the lock is released: one of them may call `force_send`.
        let mut forced = self.force_lock.with(|()| self.force_exclusive(value));
        if let Err((
            value,
            ForceError::Held {
                was_exhausted: false,
            },
        )) = forced
        {
            self.end_reservation::<Tail>();
            forced = self.force_lock.with(|()| self.force_exclusive(value));
        }
        match forced {
            Ok(Forced {
                sent,
                evicted,
                may_be_drained,
            }) => {
                {
                    // The slot of the evicted message is in use again. But if another slot became
                    // free in the meantime, the sender that was woken for it may have found the
                    // queue full.
                    let _senders = defer(|| self.senders_side().forward());
                    let _drained = defer(|| {
                        if may_be_drained {
                            self.notify_drained();
                        }
                    });
                    self.after_send_reserved(sent, 1);
                }
                // Only after the guards that call wakers: if one panicked, the returned message
                // would not be dropped.
                Ok(evicted)
            }
            Err((value, ForceError::Claim(error))) => Err((value, error)),
            Err((value, ForceError::Held { was_exhausted })) => {
                let _senders = defer(|| self.senders_side().forward());
                self.after_use_of_permits(was_exhausted);
                Err((value, ClaimError::Blocked))
            }
        }
    }

    /// Performs a [`force_send`](Self::force_send) without calling wakers. The caller holds
    /// `force_lock`.
    fn force_exclusive(&self, value: T) -> Result<Forced<T>, (T, ForceError)> {
        let evicted = retry(RetryPolicy::Yield, || self.ring.reserve_over_capacity())
            .map_err(ForceError::Claim)
            .and_then(|()| self.evict_if_over_capacity());
        match evicted {
            Ok(evicted) => {
                let (evicted, marked) = evicted.unzip();
                Ok(Forced {
                    sent: self.claim_reserved().publish(value),
                    evicted,
                    may_be_drained: marked == Some(true),
                })
            }
            Err(error) => Err((value, error)),
        }
    }

    /// Evicts a message, unless capacity has become free. Also returns whether tasks have marked
    /// that they wait for messages to leave.
    fn evict_if_over_capacity(&self) -> Result<Option<(T, bool)>, ForceError> {
        while self.ring.is_over_capacity() {
            if let Ok(claim) = retry(RetryPolicy::Yield, || self.ring.claim_eviction()) {
                return Ok(Some(claim.take()));
            }
            // Permits fill the queue, unless another thread has just received or released.
            if let Some(was_exhausted) = self.ring.release_excess() {
                return Err(ForceError::Held { was_exhausted });
            }
        }
        Ok(None)
    }
}
