//! A bounded multi-producer multi-consumer channel for async Rust.

mod budget;
mod channel;
pub mod error;
mod gate;
mod queue;
mod ring;
mod sink;
mod stream;
mod sync;

pub use channel::{Receiver, Sender, channel};
pub use queue::{Consumer, MpmcQueue, Producer};
