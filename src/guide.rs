//! The guide: how to do common things with a channel, one page each. Every example is run as a test.
//!
//! The pages are the files in `docs/` of the repository. They are here for reading only; this module
//! holds no code, and exists only in the documentation.

#[doc = include_str!("../docs/closing.md")]
pub mod closing {}

#[doc = include_str!("../docs/shutdown.md")]
pub mod shutdown {}

#[doc = include_str!("../docs/backpressure.md")]
pub mod backpressure {}

#[doc = include_str!("../docs/batching.md")]
pub mod batching {}

#[doc = include_str!("../docs/select.md")]
pub mod select {}

#[doc = include_str!("../docs/blocking.md")]
pub mod blocking {}

#[doc = include_str!("../docs/capacity.md")]
pub mod capacity {}

#[doc = include_str!("../docs/weight.md")]
pub mod weight {}

#[doc = include_str!("../docs/troubleshooting.md")]
pub mod troubleshooting {}

#[doc = include_str!("../docs/migration.md")]
pub mod migration {}
