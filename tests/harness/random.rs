//! Pseudorandom numbers, and seeds.

use std::env;
use std::time::SystemTime;

/// A deterministic pseudorandom number generator (splitmix64).
pub(crate) struct PseudoRandom(pub(crate) u64);

impl PseudoRandom {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// Returns the number in an environment variable, if it is set.
pub(crate) fn number_from(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

/// Returns the number in an environment variable, or a new one in each run. The caller prints it.
pub(crate) fn seed_from(variable: &str) -> u64 {
    number_from(variable).unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.unwrap().as_nanos() as u64
    })
}
