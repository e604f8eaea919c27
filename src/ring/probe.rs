//! Probes for what a claim would find, without claiming.
//!
//! The answer may be stale when it is returned: another thread may have claimed the slot.

use super::claim::{ATTEMPTS, Direction, Kind, Recv, Send};
use super::{ClaimError, Ring};

impl<T, B> Ring<T, B> {
    /// Returns whether a claim at once would succeed, as far as one load of the state shows.
    pub(crate) fn probe_at_once<D: Direction>(&self) -> bool {
        let seen = self.load::<D>();
        seen.is_plain() && self.is_ready::<D>(seen.position())
    }

    /// Returns whether [`probe_at_once`](Self::probe_at_once) is worth repeating: if not, it fails
    /// whatever the other side does.
    pub(crate) fn may_probe_at_once<D: Direction>(&self) -> bool {
        D::is_prepared(self) && self.load::<D>().is_plain()
    }

    /// Fails as [`claim_send`](Self::claim_send) would.
    pub(crate) fn probe_send(&self) -> Result<(), ClaimError> {
        self.probe::<Send>()
    }

    /// Fails as [`claim_recv`](Self::claim_recv) would.
    pub(crate) fn probe_recv(&self) -> Result<(), ClaimError> {
        self.probe::<Recv>()
    }

    fn probe<K: Kind>(&self) -> Result<(), ClaimError> {
        K::Direction::prepare(self);
        let mut seen = self.load::<K::Direction>();
        for _ in 0..ATTEMPTS {
            if K::admits(self, seen) && self.is_ready::<K::Direction>(seen.position()) {
                return Ok(());
            }
            seen = K::explain(self, seen)?;
        }
        Err(ClaimError::Contended)
    }
}
