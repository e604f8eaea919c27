//! From `async-channel`: the same program before and after.

mod after;
mod before;

use super::changes::{Change, check};

const CHANGES: &[Change] = &[
    Change {
        row: "`bounded(n)` | `channel(n)`",
        before: "use async_channel::{Receiver, Sender, TryRecvError, TrySendError, WeakSender, bounded};",
        after: "use mpmc_std::error::{TryRecvError, TrySendError};\n\
                use mpmc_std::{Receiver, Sender, WeakSender, channel as bounded};",
    },
    Change {
        row: "`Receiver::recv` | `recv` | `Option`, not `Result`",
        before: "Ok(job) = jobs.recv()",
        after: "Some(job) = jobs.recv()",
    },
    Change {
        row: "`Receiver::recv` | `recv` | `Option`, not `Result`",
        before: "block_on(r.recv()).ok()",
        after: "block_on(r.recv())",
    },
    Change {
        row: "`Receiver::recv` | `recv` | `Option`, not `Result`",
        before: "block_on(r.recv()).is_err()",
        after: "block_on(r.recv()).is_none()",
    },
    Change {
        row: "`capacity` | `max_capacity`",
        before: "s.capacity(), Some(2)",
        after: "s.max_capacity(), 2",
    },
    Change {
        row: "`sender_count` | `Sender::strong_count`",
        before: "s.sender_count()",
        after: "s.strong_count()",
    },
    Change {
        row: "`receiver_count` | `Receiver::strong_count`",
        before: "r.receiver_count()",
        after: "r.strong_count()",
    },
    Change {
        row: "`Sender::send_blocking` | `blocking_send`",
        before: "s.send_blocking(",
        after: "s.blocking_send(",
    },
    Change {
        row: "`Receiver::recv_blocking` | `blocking_recv`",
        before: "r.recv_blocking(",
        after: "r.blocking_recv(",
    },
    Change {
        row: "`Receiver::try_recv` | `try_recv` | `Disconnected`, not `Closed`",
        before: "TryRecvError::Closed",
        after: "TryRecvError::Disconnected",
    },
    Change {
        row: "`Sender::close` | `close_channel`",
        before: "s.close()",
        after: "s.close_channel()",
    },
];

#[test]
fn only_the_documented_changes_are_needed() {
    check(
        include_str!("async_channel/before.rs"),
        include_str!("async_channel/after.rs"),
        CHANGES,
    );
}
