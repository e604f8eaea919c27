//! A program in the manner of each channel. For the channels for threads only its imports name this
//! crate; what else had to change is said at the top of each. The programs for tasks are here
//! twice, for the other channel and for this one, with a test of what is different.
#![cfg(not(loom))]

mod async_channel;
mod changes;
mod crossbeam;
mod flume;
mod kanal;
mod poll_sender;
mod standard;
