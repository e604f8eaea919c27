//! The scenarios on tokio's channel.

pub(crate) use tokio::sync::mpsc;

#[path = "scenarios/mod.rs"]
pub(crate) mod scenarios;
