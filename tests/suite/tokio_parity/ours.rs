//! The scenarios on this crate's channel.

pub(crate) use mpmc_std as mpsc;

#[path = "scenarios/mod.rs"]
pub(crate) mod scenarios;
