//! Retries of a claim that meets the unfinished claim of another thread.
//!
//! An `Ok` is returned as such, not as `outcome => outcome`. That compiles to loads of bytes that
//! have just been stored in other units, and such a load waits until all stores before it have left
//! the store buffer. After a batch that takes longer than the claim.

use super::MpmcQueue;
use super::side::Waits;
use crate::ring::ClaimError;
use crate::sync::{self, Backoff, SPIN_ROUNDS};

/// The policy for retries while another thread's unfinished claim is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryPolicy {
    /// No retries: an unfinished claim counts as "would block", without a search for the reason.
    None,
    /// Some dozens of spins ([`SPIN_ROUNDS`]), then the caller decides.
    Spin,
    /// Spins, then yields of the thread, until the claim succeeds or has a reason to fail.
    Yield,
}

/// The number of spins and yields before the thread sleeps. The thread that it waits for may not
/// get a core while this one only yields, if their priorities differ.
const YIELDS_BEFORE_SLEEP: u32 = 1000;

/// Claims, with retries as the policy says.
pub(super) fn retry<C>(
    policy: RetryPolicy,
    mut claim: impl FnMut() -> Result<C, ClaimError>,
) -> Result<C, ClaimError> {
    let backoff = Backoff::new();
    let mut spins = 0;
    loop {
        let error = match claim() {
            Ok(claim) => return Ok(claim),
            Err(error) => error,
        };
        match error {
            // `Contended` is never returned to a caller that does not wait: there may well be
            // something to claim.
            ClaimError::InFlight if policy == RetryPolicy::None => return Err(error),
            ClaimError::InFlight | ClaimError::Contended => {
                if policy == RetryPolicy::Spin && spins == SPIN_ROUNDS {
                    return Err(error);
                }
                spins += 1;
                if spins > YIELDS_BEFORE_SLEEP {
                    sync::sleep_briefly();
                } else {
                    backoff.snooze();
                }
            }
            _ => return Err(error),
        }
    }
}

impl<T> MpmcQueue<T> {
    /// Runs [`retry`] for an operation that does not wait. If a reservation that no task uses may
    /// block it, ends the reservation and retries once more.
    pub(super) fn retry<D: Waits, C>(
        &self,
        policy: RetryPolicy,
        mut attempt: impl FnMut() -> Result<C, ClaimError>,
    ) -> Result<C, ClaimError> {
        let error = match retry(policy, &mut attempt) {
            Ok(claim) => return Ok(claim),
            Err(error) => error,
        };
        match error {
            ClaimError::Blocked | ClaimError::InFlight if self.end_reservation::<D>() => {
                retry(policy, attempt)
            }
            _ => Err(error),
        }
    }
}
