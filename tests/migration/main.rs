//! A program in the manner of each channel for threads. Only its imports name this crate; what else
//! had to change is said at the top of each.
#![cfg(not(loom))]

mod crossbeam;
mod flume;
mod kanal;
mod standard;
