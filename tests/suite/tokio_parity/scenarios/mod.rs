//! Compiled for each of the two channels; see `main.rs`.

use super::mpsc;

pub(crate) mod differences;
pub(crate) mod errors;
pub(crate) mod permits;
pub(crate) mod receiving;
pub(crate) mod sending;
#[cfg(feature = "tokio")]
pub(crate) mod timeouts;
pub(crate) mod types;
