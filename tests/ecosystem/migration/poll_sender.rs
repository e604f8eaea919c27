//! From tokio's channel with tokio-util's `PollSender`: the same program before and after.

mod after;
mod before;

use super::changes::{Change, check};

const CHANGES: &[Change] = &[
    Change {
        row: "`channel`, `error::…` | the same",
        before: "use tokio::sync::mpsc::{Receiver, Sender, channel};",
        after: "use mpmc_std::{Receiver, Sender, channel};",
    },
    Change {
        row: "`tokio_util::sync::PollSender` | `Sender`",
        before: "use tokio_util::sync::PollSender;\n",
        after: "",
    },
    Change {
        row: "`tokio_util::sync::PollSender` | `Sender`",
        before: "PollSender<u32>",
        after: "Sender<u32>",
    },
    Change {
        row: "`PollSender::new(tx)` | `tx`",
        before: "PollSender::new(tx)",
        after: "tx",
    },
    Change {
        row: "`PollSender::new(tx)` | `tx`",
        before: "        Self {\n            requests: PollSender::new(requests),\n        }",
        after: "        Self { requests }",
    },
    Change {
        row: "`PollSendError::into_inner` | `SendError::into_inner`",
        before: "unsent.into_inner(), Some(7)",
        after: "unsent.into_inner(), 7",
    },
    Change {
        row: "`tokio_stream::wrappers::ReceiverStream` | `Receiver`",
        before: "use tokio_stream::wrappers::ReceiverStream;\n",
        after: "",
    },
    Change {
        row: "`tokio_stream::wrappers::ReceiverStream` | `Receiver`",
        before: "ReceiverStream::new(rx)",
        after: "rx",
    },
    Change {
        row: "`Receiver` methods on `&mut self` | on `&self`",
        before: "mut requests: Receiver",
        after: "requests: Receiver",
    },
    Change {
        row: "`Receiver` methods on `&mut self` | on `&self`",
        before: "(tx, mut rx)",
        after: "(tx, rx)",
    },
];

#[test]
fn only_the_documented_changes_are_needed() {
    check(
        include_str!("poll_sender/before.rs"),
        include_str!("poll_sender/after.rs"),
        CHANGES,
    );
}
