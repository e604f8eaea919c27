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
mod unwind;
mod watch;

pub use channel::{
    Drain, IntoIter, Iter, OwnedPermit, Permit, PermitIterator, Receiver, Sender, SideStats, Stats,
    TryIter, Unsent, WeakReceiver, WeakSender, channel,
};
pub use queue::{Consumer, MpmcQueue, Producer};
