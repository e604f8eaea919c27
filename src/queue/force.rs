//! Sends that take the oldest message out where there is no room.
//!
//! A forced send first promises: it takes a permit that there may be no room for, and then takes a message out
//! to make up for it (see `ring/permit.rs`). If there is no message to take out, then permits hold all of the room,
//! and the send fails.
//!
//! One at a time. Two promises could be in each other's way, and to others the room would look taken by a promise
//! that then gives way: "full", and no message or permit was ever there.

use super::MpmcQueue;
use super::operation::{RetryPolicy, retry};
use crate::ring::{ClaimError, Sent, Tail};
use crate::unwind::defer;
use crate::wait::Side;

/// A forced send that has been done, but for calling wakers.
struct Forced<T> {
    sent: Sent,
    /// What was taken out.
    evicted: Option<T>,
    /// What was taken out was the last that a task may have waited for to go.
    may_be_drained: bool,
}

/// Why a forced send was not done.
enum ForceError {
    Refused(ClaimError),
    /// Permits hold all of the room. So did this send's own, which has been given back.
    Held {
        was_exhausted: bool,
    },
}

impl<T> MpmcQueue<T> {
    /// Sends, taking the oldest message out to make room if there is none: that message is returned. Refused
    /// only as `Closed`, as `Exhausted`, or as `Blocked` if all room is held by permits.
    pub(crate) fn force_send(&self, value: T) -> Result<Option<T>, (T, ClaimError)> {
        // Before the lock: it panics if there is no memory, and the message is dropped.
        self.ring.allocate();
        // Wakers are called after it: one of them may force a send itself.
        let mut forced = self.forcing.with(|()| self.force_exclusive(value));
        if let Err((
            value,
            ForceError::Held {
                was_exhausted: false,
            },
        )) = forced
        {
            self.end_reservation::<Tail>();
            forced = self.forcing.with(|()| self.force_exclusive(value));
        }
        match forced {
            Ok(Forced {
                sent,
                evicted,
                may_be_drained,
            }) => {
                {
                    // The slot of a message that was taken out is in use again. But a slot that came free
                    // meanwhile looked taken to the sender that was woken for it.
                    let _senders = defer(|| self.senders_side().forward());
                    let _drained = defer(|| {
                        if may_be_drained {
                            self.notify_drained();
                        }
                    });
                    self.after_send_reserved(sent, 1);
                }
                // Not while a guard lives that calls wakers: if one panicked, what is returned would not be
                // dropped.
                Ok(evicted)
            }
            Err((value, ForceError::Refused(error))) => Err((value, error)),
            Err((value, ForceError::Held { was_exhausted })) => {
                let _senders = defer(|| self.senders_side().forward());
                self.after_use_of_permits(was_exhausted);
                Err((value, ClaimError::Blocked))
            }
        }
    }

    /// [`force_send`](Self::force_send) while no other one is going on, without calling wakers.
    fn force_exclusive(&self, value: T) -> Result<Forced<T>, (T, ForceError)> {
        let evicted = retry(RetryPolicy::Yield, || self.ring.reserve_over_capacity())
            .map_err(ForceError::Refused)
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

    /// Takes a message out, unless there is room by now. Returns also whether tasks have marked that
    /// they wait for messages to go.
    fn evict_if_over_capacity(&self) -> Result<Option<(T, bool)>, ForceError> {
        while self.ring.is_over_capacity() {
            if let Ok(claim) = retry(RetryPolicy::Yield, || self.ring.claim_eviction()) {
                return Ok(Some(claim.take()));
            }
            // Permits in the way, unless somebody has received or released just now.
            if let Some(was_exhausted) = self.ring.release_excess() {
                return Err(ForceError::Held { was_exhausted });
            }
        }
        Ok(None)
    }
}
