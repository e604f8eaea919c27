//! One program in the style of each other channel. In the programs for threads only the imports are
//! changed to this crate; the top of each file lists other necessary changes. The programs for
//! tasks exist twice, for the other channel and for this one, with a test of the differences.

mod async_channel;
mod changes;
mod crossbeam;
mod flume;
mod kanal;
mod poll_sender;
mod standard;
