//! The guide: how to do common things with a channel, one page each. Every example is run as a
//! test.
//!
//! The pages are the files in `docs/` of the repository. They are here for reading only; this
//! module holds no code, and exists only in the documentation.
//!
//! | page | |
//! |---|---|
//! | [`choosing`] | which kind of channel a problem needs, in this crate and elsewhere |
//! | [`closing`] | three ways to close a channel, and what is still received |
//! | [`shutdown`] | close, drain, join |
//! | [`backpressure`] | full: wait, refuse, drop the oldest, or reserve first |
//! | [`batching`] | many messages at a time |
//! | [`streams`] | streams and sinks, their combinators and their errors |
//! | [`select`] | select loops, cancellation, fairness |
//! | [`blocking`] | threads and tasks on one channel |
//! | [`capacity`] | choosing the capacity, and changing it |
//! | [`weight`] | a channel bounded by bytes |
//! | [`no_std`] | microcontrollers and interrupt handlers |
//! | [`loom`] | testing code that uses the channel |
//! | [`troubleshooting`] | a program that hangs |
//! | [`migration`] | from another channel |
//! | [`costs`] | what each operation costs, and what it can wait for |

// The first definition of a link counts, so `guide_links.md` replaces the links between the files
// at the end of each page by links between the modules.

/// Explains which kind of channel a problem needs.
///
/// Items: [`channel()`](crate::channel()), [`blocking::bounded`](crate::blocking::bounded),
/// [`MpmcQueue`](crate::MpmcQueue), [`RealtimeQueue`](crate::RealtimeQueue).
///
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/choosing.md")]
pub mod choosing {}

/// Explains how a channel is closed, and what happens then.
///
/// Items: [`Receiver::close`](crate::Receiver::close), [`Sender::close`](crate::Sender::close),
/// [`Sender::close_channel`](crate::Sender::close_channel),
/// [`Sender::closed`](crate::Sender::closed), [`WeakSender`](crate::WeakSender).
///
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/closing.md")]
pub mod closing {}

/// Shows how a program stops without losing messages.
///
/// Items: [`Receiver::close`](crate::Receiver::close),
/// [`Receiver::drained`](crate::Receiver::drained), [`Sender::drained`](crate::Sender::drained),
/// [`Receiver::drain`](crate::Receiver::drain).
///
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/shutdown.md")]
pub mod shutdown {}

/// Explains what a full channel does to its senders.
///
/// Items: [`Sender::send`](crate::Sender::send), [`Sender::try_send`](crate::Sender::try_send),
/// [`Sender::force_send`](crate::Sender::force_send), [`Sender::reserve`](crate::Sender::reserve),
/// [`Permit`](crate::Permit).
///
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/backpressure.md")]
pub mod backpressure {}

/// Shows how many messages are sent and received at a time.
///
/// Items: [`Sender::send_many`](crate::Sender::send_many),
/// [`Sender::try_send_many`](crate::Sender::try_send_many),
/// [`Sender::reserve_many`](crate::Sender::reserve_many),
/// [`Receiver::recv_many`](crate::Receiver::recv_many),
/// [`Receiver::try_recv_many`](crate::Receiver::try_recv_many).
///
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/batching.md")]
pub mod batching {}

/// Shows how to use the channel as a `Stream` and a `Sink`.
///
/// Items: [`Receiver::stream`](crate::Receiver::stream), [`RecvStream`](crate::RecvStream),
/// [`SendError`](crate::error::SendError), [`Sender::poll_reserve`](crate::Sender::poll_reserve),
/// [`Sender::abort_send`](crate::Sender::abort_send).
///
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/streams.md")]
pub mod streams {}

/// Explains select loops, cancel safety and fairness.
///
/// Items: [`Receiver::recv`](crate::Receiver::recv),
/// [`Receiver::recv_ready`](crate::Receiver::recv_ready),
/// [`Sender::reserve`](crate::Sender::reserve), [`Sender::send_ready`](crate::Sender::send_ready).
///
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/select.md")]
pub mod select {}

/// Shows how threads use the channel, with and without tasks.
///
/// Items: the module [`blocking`](crate::blocking), [`blocking::Select`](crate::blocking::Select),
/// [`Sender::blocking_send`](crate::Sender::blocking_send),
/// [`Receiver::blocking_recv`](crate::Receiver::blocking_recv), [`Builder`](crate::Builder).
///
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/blocking.md")]
pub mod blocking {}

/// Explains how to choose a capacity, and how to change it.
///
/// Items: [`channel()`](crate::channel()), [`Sender::capacity`](crate::Sender::capacity),
/// [`Sender::max_capacity`](crate::Sender::max_capacity), [`Sender::stats`](crate::Sender::stats).
///
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/capacity.md")]
pub mod capacity {}

/// Shows a channel that is bounded by bytes.
///
/// Items: the module [`weighted`](crate::weighted).
///
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/weight.md")]
pub mod weight {}

/// Shows the crate without the standard library, and in interrupt handlers.
///
/// Items: [`RealtimeQueue`](crate::RealtimeQueue), [`MpmcQueue`](crate::MpmcQueue).
///
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/no_std.md")]
pub mod no_std {}

/// Shows how to test code that uses the channel.
///
/// Items: [`Sender::stats`](crate::Sender::stats), [`SideStats::parked`](crate::SideStats::parked).
///
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/loom.md")]
pub mod loom {}

/// Shows how to find out why a program hangs.
///
/// Items: [`Stats`](crate::Stats), [`SideStats`](crate::SideStats),
/// [`WeakSender`](crate::WeakSender).
///
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/troubleshooting.md")]
pub mod troubleshooting {}

/// Lists what changes when code moves from another channel.
///
/// Items: [`Sender`](crate::Sender), [`Receiver`](crate::Receiver), the module
/// [`blocking`](crate::blocking), the module [`error`](crate::error).
///
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/migration.md")]
pub mod migration {}

/// Lists what each operation costs, and what it can wait for.
///
/// Items: [`Sender`](crate::Sender), [`Receiver`](crate::Receiver),
/// [`MpmcQueue`](crate::MpmcQueue), [`RealtimeQueue`](crate::RealtimeQueue).
///
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/costs.md")]
pub mod costs {}
