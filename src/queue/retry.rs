//! Retries of a claim that meets the unfinished claim of another thread.

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
        match claim() {
            // `Contended` is never returned to a caller that does not wait: there may well be
            // something to claim.
            Err(ClaimError::InFlight) if policy == RetryPolicy::None => {
                return Err(ClaimError::InFlight);
            }
            Err(error @ (ClaimError::InFlight | ClaimError::Contended)) => {
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
            decided => return decided,
        }
    }
}

impl<T> MpmcQueue<T> {
    /// Runs [`retry`] for an operation that does not wait. If a reservation that
    /// no task uses may block it, ends the reservation and retries once more.
    pub(super) fn retry<D: Waits, C>(
        &self,
        policy: RetryPolicy,
        mut attempt: impl FnMut() -> Result<C, ClaimError>,
    ) -> Result<C, ClaimError> {
        match retry(policy, &mut attempt) {
            Err(ClaimError::Blocked | ClaimError::InFlight) if self.end_reservation::<D>() => {
                retry(policy, attempt)
            }
            outcome => outcome,
        }
    }
}
