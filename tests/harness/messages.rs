//! Numbered messages from many senders, and a check that all arrived once and in order.

/// The number of the sender, and the number of the message.
pub(crate) type Message = (usize, usize);

/// The messages of one receiver, in the order of receipt.
pub(crate) type Log = Vec<Message>;

/// Checks that the receivers' logs hold each of `each` messages of `senders` senders exactly once,
/// and that no receiver saw two messages of one sender in the wrong order.
#[track_caller]
pub(crate) fn assert_complete_and_in_order(logs: &[Log], senders: usize, each: usize) {
    let mut arrivals = vec![vec![0_u32; each]; senders];
    for log in logs {
        let mut next = vec![0; senders];
        for &(sender, number) in log {
            assert!(
                number >= next[sender],
                "message {number} of sender {sender} came after a later one"
            );
            next[sender] = number + 1;
            arrivals[sender][number] += 1;
        }
    }
    for (sender, arrivals) in arrivals.iter().enumerate() {
        for (number, &times) in arrivals.iter().enumerate() {
            assert_eq!(times, 1, "arrivals of message {number} of sender {sender}");
        }
    }
}

/// Asserts that `received` holds each number below `count` once, in any order.
#[track_caller]
pub(crate) fn assert_all_once(received: impl IntoIterator<Item = usize>, count: usize) {
    let mut received: Vec<_> = received.into_iter().collect();
    received.sort_unstable();
    assert_eq!(received, (0..count).collect::<Vec<_>>());
}
