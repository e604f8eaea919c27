//! The rare changes of state: parking and closing.
//!
//! Two words, one protocol. What a parking sender waits for is decided by *both* words: `head` moves,
//! a permit comes back (`tail`), or the ring is closed (`tail`). It sets PARKED in `head` and then looks
//! at `tail`; whoever frees room or closes changes `tail` and then touches `head` with a
//! read-modify-write. Whichever of the two comes second on `head` has synchronised with the first: the
//! parker sees the new `tail`, or the other sees PARKED. Acquire and release suffice for that, because
//! both accesses to `head` write.
//!
//! A parking receiver waits for `tail` only, so its one compare-and-swap of `tail` both checks and arms.

use super::Ring;
use super::word::{Word, change};
use crate::sync::Ordering;

impl<T> Ring<T> {
    /// Sets PARKED in `tail` if the ring is empty and something can still come. Once it is set, the
    /// next claim of a sender notifies the receivers' gate.
    pub(crate) fn arm_receivers(&self) -> bool {
        let Some((head, tail)) = self.try_snapshot() else {
            return false;
        };
        if head.position() != tail.position() || tail.is_finished() {
            return false;
        }
        // `head` may have been read too early, but it only follows `tail`: if `tail` is still the same,
        // the ring is still empty.
        // ORDERING: AcqRel [arm]. Release pairs with [claim] on `tail`: our entry in the gate's list
        // happens-before the claimer's notification. A read-modify-write also if the bit is set, so that
        // every parked receiver is ordered before the claim that clears it. Acquire continues the
        // claims before us. On failure Relaxed: the caller looks again.
        // Guard: loom `park_and_wake_a_stream`, `a_receiver_parks_beside_another`.
        self.tail
            .compare_exchange(
                tail.bits(),
                tail.with_parked().bits(),
                Ordering::AcqRel,
                Ordering::Relaxed,
            )
            .is_ok()
    }

    /// Sets PARKED in `head` if the ring is full. Once it is set, the next claim of a receiver, the next
    /// permit that comes back and `close` notify the senders' gate.
    pub(crate) fn arm_senders(&self) -> bool {
        let Some((head, tail)) = self.try_snapshot() else {
            return false;
        };
        if !self.blocks_senders(head, tail) {
            return false;
        }
        // ORDERING: AcqRel [arm]. Release pairs with [claim] on `head` and with [unpark], as in
        // `arm_receivers`. Acquire pairs with [unpark]: if that came first, the load below sees the
        // change of `tail` before it. Guard: loom `park_and_wake_a_sink`, `released_permit_wakes_sender`.
        if self
            .head
            .compare_exchange(
                head.bits(),
                head.with_parked().bits(),
                Ordering::AcqRel,
                Ordering::Relaxed,
            )
            .is_err()
        {
            return false;
        }
        // ORDERING: Acquire. Pairs with [release] and [close], which precede [unpark].
        let tail = Word::from_bits(self.tail.load(Ordering::Acquire));
        // If room was freed meanwhile, the bit stays set for nothing: the next claim of a receiver then
        // notifies a gate where perhaps nobody waits.
        self.blocks_senders(head, tail)
    }

    fn blocks_senders(&self, head: Word, tail: Word) -> bool {
        !tail.is_closed() && self.room_between(head, tail) == 0
    }

    /// Closes the ring: no more claims but those on permits. `false` if it was closed before.
    pub(crate) fn close(&self) -> bool {
        // ORDERING: AcqRel [close]. Release pairs with the Acquire loads of `tail`: what the closing
        // thread did before is seen by who finds the ring closed. Acquire continues the chain.
        // Guard: loom `what_senders_did_before_they_went_is_seen_at_the_end`.
        let before = Word::from_bits(self.tail.fetch_or(change::CLOSE, Ordering::AcqRel));
        if !before.is_closed() {
            self.unpark_senders();
        }
        !before.is_closed()
    }

    /// Clears PARKED in `head` after `tail` was changed in favour of senders; `true` if it was set.
    pub(super) fn unpark_senders(&self) -> bool {
        // ORDERING: AcqRel [unpark]. Release pairs with [arm] on `head`, Acquire too: see the module's
        // documentation. It must write even if the bit is clear.
        // Guard: loom `released_permit_wakes_sender`, `released_permit_wakes_a_sink`.
        Word::from_bits(self.head.fetch_and(change::UNPARK, Ordering::AcqRel)).is_parked()
    }
}
