//! A random walk of the ring and a model in plain vectors, with claims held open on both sides.

use super::{ClaimError, LAPS, Ring};
use crate::ring::{Head, RecvClaim, SendClaim, Tail};

/// The maximum number of open claims of a side.
const OPEN: usize = 3;

/// The expected state of the ring. The message of position `p` is `p`, so the model stores none.
struct Model {
    capacity: usize,
    /// True for a published message, for every position that a sender has claimed.
    published: Vec<bool>,
    /// True for a freed slot, for every position that a receiver has claimed.
    freed: Vec<bool>,
    permits: usize,
    /// The number of slots by which the capacity is lowered.
    withheld: usize,
    closed: bool,
    receivers: Marks,
    senders: Marks,
}

/// The bits that the waiters of a side have set.
#[derive(Default)]
struct Marks {
    parked: bool,
    keep: bool,
}

impl Marks {
    /// Returns whether the other side must notify a waiter after its claim.
    fn claim(&mut self) -> bool {
        self.parked = false;
        self.keep
    }

    fn mark_if(&mut self, marks: bool) {
        self.parked |= marks;
        self.keep |= marks;
    }

    fn clear_keep(&mut self) {
        self.keep &= self.parked;
    }
}

impl Model {
    fn new(capacity: usize) -> Self {
        Self {
            capacity,
            published: Vec::new(),
            freed: Vec::new(),
            permits: 0,
            withheld: 0,
            closed: false,
            receivers: Marks::default(),
            senders: Marks::default(),
        }
    }

    fn len(&self) -> usize {
        self.published.len() - self.freed.len()
    }

    fn free_capacity(&self) -> usize {
        self.capacity
            .saturating_sub(self.len() + self.permits + self.withheld)
    }

    fn is_finished(&self) -> bool {
        self.closed && self.permits == 0
    }

    /// Returns whether the slot is free that lies `ahead` places after the next message.
    fn is_free(&self, ahead: usize) -> bool {
        let position = self.published.len() + ahead;
        position < self.capacity || self.freed[position - self.capacity]
    }

    /// Returns the expected result of a reservation.
    fn free_capacity_or_error(&self) -> Result<(), ClaimError> {
        if self.closed {
            Err(ClaimError::Closed)
        } else if self.free_capacity() == 0 {
            Err(ClaimError::Blocked)
        } else if self.is_free(self.permits + self.withheld) {
            Ok(())
        } else {
            Err(ClaimError::InFlight)
        }
    }

    /// Returns the expected result of a send. Withheld slots may include some that were not free,
    /// and that become free out of order.
    fn next_slot_or_error(&self) -> Result<(), ClaimError> {
        self.free_capacity_or_error()?;
        self.permitted_slot_or_error()
    }

    /// Returns the expected result of a send on a permit.
    fn permitted_slot_or_error(&self) -> Result<(), ClaimError> {
        if self.is_free(0) {
            Ok(())
        } else {
            Err(ClaimError::InFlight)
        }
    }

    fn message_or_error(&self) -> Result<(), ClaimError> {
        match self.published.get(self.freed.len()) {
            Some(true) => Ok(()),
            Some(false) => Err(ClaimError::InFlight),
            None if self.is_finished() => Err(ClaimError::Closed),
            None => Err(ClaimError::Blocked),
        }
    }

    fn may_park_receivers(&self) -> bool {
        self.len() == 0 && !self.is_finished()
    }

    fn may_park_senders(&self) -> bool {
        self.free_capacity() == 0 && !self.closed
    }
}

/// A claim, its position, and whether it cleared the other side's PARKED bit.
type Open<C> = (C, usize, bool);

struct Walk<'a> {
    ring: &'a Ring<usize>,
    model: Model,
    sends: Vec<Open<SendClaim<'a, usize>>>,
    recvs: Vec<Open<RecvClaim<'a, usize>>>,
}

impl<'a> Walk<'a> {
    fn opened_send(&mut self, claim: SendClaim<'a, usize>) {
        let parked = self.model.receivers.claim();
        self.sends.push((claim, self.model.published.len(), parked));
        self.model.published.push(false);
    }

    fn send(&mut self) {
        let claim = self.ring.claim_send();
        assert_eq!(
            claim.as_ref().map(|_| ()).map_err(|error| *error),
            self.model.next_slot_or_error()
        );
        if let Ok(claim) = claim {
            self.opened_send(claim);
        }
    }

    fn send_reserved(&mut self) {
        let claim = self.ring.claim_reserved();
        assert_eq!(
            claim.as_ref().map(|_| ()).map_err(|error| *error),
            self.model.permitted_slot_or_error()
        );
        if let Ok(claim) = claim {
            self.model.permits -= 1;
            self.opened_send(claim);
        }
    }

    fn recv(&mut self) {
        let claim = self.ring.claim_recv();
        assert_eq!(
            claim.as_ref().map(|_| ()).map_err(|error| *error),
            self.model.message_or_error()
        );
        if let Ok(claim) = claim {
            let parked = self.model.senders.claim();
            self.recvs.push((claim, self.model.freed.len(), parked));
            self.model.freed.push(false);
        }
    }

    fn publish(&mut self, which: usize) {
        let (claim, position, parked) = self.sends.swap_remove(which);
        assert_eq!(claim.publish(position).receivers_parked, parked);
        self.model.published[position] = true;
    }

    fn take(&mut self, which: usize) {
        let (claim, position, parked) = self.recvs.swap_remove(which);
        assert_eq!(claim.take(), (position, parked));
        self.model.freed[position] = true;
    }

    fn release(&mut self) {
        let released = self.ring.release(1);
        self.model.permits -= 1;
        assert_eq!(released.senders_parked, self.model.senders.keep);
        let finished = self.model.is_finished() && self.model.receivers.keep;
        assert_eq!(released.receivers_finished, finished);
    }

    fn withhold(&mut self, count: usize) {
        assert!(self.ring.withhold(count));
        self.model.withheld += count;
    }

    fn end_withholding(&mut self, count: usize) {
        let released = self.ring.release(count);
        self.model.withheld -= count;
        assert_eq!(released.senders_parked, self.model.senders.keep);
        assert!(!released.receivers_finished, "the ring is open");
    }

    fn step(&mut self, mut below: impl FnMut(usize) -> usize) {
        match below(68) {
            0..12 if self.sends.len() < OPEN => self.send(),
            12..24 if self.recvs.len() < OPEN => self.recv(),
            24..34 if !self.sends.is_empty() => self.publish(below(self.sends.len())),
            34..44 if !self.recvs.is_empty() => self.take(below(self.recvs.len())),
            44..48 => {
                let reserved = self.ring.reserve();
                assert_eq!(reserved, self.model.free_capacity_or_error());
                self.model.permits += usize::from(reserved.is_ok());
            }
            48..51 if self.model.permits > 0 && self.sends.len() < OPEN => self.send_reserved(),
            51..53 if self.model.permits > 0 => self.release(),
            53..57 => {
                let may_park = self.model.may_park_receivers();
                assert_eq!(super::may_park::<Head>(self.ring), may_park);
                self.model.receivers.mark_if(may_park);
            }
            57..61 => {
                let may_park = self.model.may_park_senders();
                assert_eq!(super::may_park::<Tail>(self.ring), may_park);
                self.model.senders.mark_if(may_park);
            }
            61..63 => {
                super::clear_keep::<Head>(self.ring);
                self.model.receivers.clear_keep();
                super::clear_keep::<Tail>(self.ring);
                self.model.senders.clear_keep();
            }
            63 if below(32) == 0 => {
                assert_eq!(self.ring.close(self.model.withheld), !self.model.closed);
                self.model.closed = true;
                self.model.withheld = 0;
            }
            64..66 if !self.model.closed => {
                // Independent of the messages in the ring. A capacity of 1 is left.
                self.withhold(below(self.model.capacity - self.model.withheld));
            }
            66..68 if self.model.withheld > 0 => {
                self.end_withholding(1 + below(self.model.withheld));
            }
            _ => {}
        }
        assert_eq!(self.ring.len(), self.model.len());
        assert_eq!(self.ring.free_capacity().0, self.model.free_capacity());
        assert_eq!(self.ring.is_closed(), self.model.closed);
    }
}

/// Numbers that look random and are the same in every run (splitmix64).
fn pseudo_random(mut state: u64) -> impl FnMut(usize) -> usize {
    move |limit| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}

#[test]
fn a_random_walk_agrees_with_the_model() {
    for (capacity, lap) in [1, 2, 3, 4, 5, 8]
        .map(|capacity| LAPS.map(|lap| (capacity, lap)))
        .concat()
    {
        for seed in 0..40 {
            let ring = Ring::starting_in_lap(lap, capacity, || ());
            let mut walk = Walk {
                ring: &ring,
                model: Model::new(capacity),
                sends: Vec::new(),
                recvs: Vec::new(),
            };
            let mut random = pseudo_random(seed);
            for _ in 0..1000 {
                walk.step(&mut random);
            }
            // R4: claims are always completed.
            while !walk.sends.is_empty() {
                walk.publish(0);
            }
            while !walk.recvs.is_empty() {
                walk.take(0);
            }
        }
    }
}
