//! Tests the checker on histories whose verdict is known, one for each kind of fault. Each faulty
//! history has a correct counterpart that differs only in its times.

use crate::channel_specification::{Call, Channel, Message, Outcome, Received};
use crate::checker::{History, Timed, is_linearizable};
use crate::queue_specification::{Call as RawCall, Queue};

fn at<C>(invoked: u64, returned: u64, call: C) -> Timed<C> {
    Timed {
        invoked,
        returned,
        call,
    }
}

fn send(message: Message) -> Call {
    Call::Send(message, Outcome::Done)
}

fn full(message: Message) -> Call {
    Call::Send(message, Outcome::Full)
}

fn recv(message: Message) -> Call {
    Call::Recv(Received::Messages(vec![message]))
}

fn nothing() -> Call {
    Call::Recv(Received::Empty)
}

#[track_caller]
fn right(capacity: usize, history: History<Call>) {
    assert!(
        is_linearizable(Channel::new(capacity), &history),
        "{history:?}"
    );
}

#[track_caller]
fn wrong(capacity: usize, history: History<Call>) {
    assert!(
        !is_linearizable(Channel::new(capacity), &history),
        "{history:?}"
    );
}

#[test]
fn a_lost_message_is_noticed() {
    let sender = || vec![at(0, 1, send(1)), at(2, 3, send(2))];
    right(
        2,
        vec![sender(), vec![at(4, 5, recv(1)), at(6, 7, recv(2))]],
    );
    wrong(
        2,
        vec![sender(), vec![at(4, 5, recv(2)), at(6, 7, nothing())]],
    );
}

#[test]
fn a_duplicated_message_is_noticed() {
    right(
        2,
        vec![
            vec![at(0, 1, send(1))],
            vec![at(2, 3, recv(1)), at(4, 5, nothing())],
        ],
    );
    wrong(
        2,
        vec![
            vec![at(0, 1, send(1))],
            vec![at(2, 3, recv(1)), at(4, 5, recv(1))],
        ],
    );
    wrong(2, vec![vec![], vec![at(0, 1, recv(1))]]);
}

#[test]
fn a_changed_order_is_noticed() {
    let receiver = || vec![at(6, 7, recv(2)), at(8, 9, recv(1))];
    wrong(
        2,
        vec![vec![at(0, 1, send(1)), at(2, 3, send(2))], receiver()],
    );
    // Two sends may have either order, but only if they overlap.
    right(
        2,
        vec![vec![at(0, 3, send(1))], vec![at(1, 2, send(2))], receiver()],
    );
    wrong(
        2,
        vec![vec![at(0, 1, send(1))], vec![at(2, 3, send(2))], receiver()],
    );
}

#[test]
fn a_message_received_before_it_was_sent_is_noticed() {
    right(1, vec![vec![at(1, 2, send(1))], vec![at(0, 3, recv(1))]]);
    wrong(1, vec![vec![at(2, 3, send(1))], vec![at(0, 1, recv(1))]]);
}

#[test]
fn a_capacity_exceeded_is_noticed() {
    wrong(
        1,
        vec![
            vec![at(0, 1, send(1)), at(2, 3, send(2))],
            vec![at(4, 5, recv(1))],
        ],
    );
    right(
        1,
        vec![
            vec![at(0, 1, send(1)), at(2, 5, send(2))],
            vec![at(3, 4, recv(1))],
        ],
    );
    let reserve = || Call::Reserve(Outcome::Done);
    wrong(
        1,
        vec![vec![
            at(0, 1, reserve()),
            at(2, 3, send(1)),
            at(4, 5, Call::Release),
        ]],
    );
    right(
        1,
        vec![vec![
            at(0, 1, reserve()),
            at(2, 3, Call::Release),
            at(4, 5, send(1)),
        ]],
    );
}

#[test]
fn a_false_empty_is_noticed() {
    wrong(
        1,
        vec![
            vec![at(0, 1, send(1))],
            vec![at(2, 3, nothing()), at(4, 5, recv(1))],
        ],
    );
    right(
        1,
        vec![
            vec![at(0, 3, send(1))],
            vec![at(1, 2, nothing()), at(4, 5, recv(1))],
        ],
    );
}

#[test]
fn a_false_full_is_noticed() {
    wrong(2, vec![vec![at(0, 1, send(1)), at(2, 3, full(2))]]);
    wrong(
        1,
        vec![
            vec![at(0, 1, send(1)), at(4, 5, full(2))],
            vec![at(2, 3, recv(1))],
        ],
    );
    right(
        1,
        vec![
            vec![at(0, 1, send(1)), at(3, 5, full(2))],
            vec![at(2, 4, recv(1))],
        ],
    );
}

#[test]
fn a_message_after_the_close_is_noticed() {
    let closed = |message| Call::Send(message, Outcome::Closed);
    wrong(
        2,
        vec![vec![at(0, 1, Call::Close)], vec![at(2, 3, send(1))]],
    );
    wrong(
        2,
        vec![vec![at(2, 3, Call::Close)], vec![at(0, 1, closed(1))]],
    );
    right(
        2,
        vec![vec![at(0, 2, Call::Close)], vec![at(1, 3, send(1))]],
    );
    right(
        2,
        vec![vec![at(0, 1, Call::Close)], vec![at(2, 3, closed(1))]],
    );
}

#[test]
fn an_end_before_the_last_message_is_noticed() {
    let end = || Call::Recv(Received::Disconnected);
    let sender = || vec![at(0, 1, send(1)), at(2, 3, Call::Close)];
    wrong(2, vec![sender(), vec![at(4, 5, end())]]);
    wrong(
        2,
        vec![sender(), vec![at(4, 5, recv(1)), at(6, 7, nothing())]],
    );
    right(2, vec![sender(), vec![at(4, 5, recv(1)), at(6, 7, end())]]);
    // An unused permit may still send a message.
    let holder = || {
        let reserve = Call::Reserve(Outcome::Done);
        vec![
            at(0, 1, reserve),
            at(2, 3, Call::Close),
            at(6, 7, Call::Release),
        ]
    };
    wrong(2, vec![holder(), vec![at(4, 5, end())]]);
    right(
        2,
        vec![holder(), vec![at(4, 5, nothing()), at(8, 9, end())]],
    );
}

#[test]
fn a_call_that_gave_up_must_have_no_effect() {
    let gave_up = || Call::Send(1, Outcome::GaveUp);
    right(
        1,
        vec![vec![at(0, 1, gave_up())], vec![at(2, 3, nothing())]],
    );
    wrong(1, vec![vec![at(0, 1, gave_up())], vec![at(2, 3, recv(1))]]);
    let gave_up = || Call::Recv(Received::GaveUp);
    wrong(
        1,
        vec![vec![
            at(0, 1, send(1)),
            at(2, 3, gave_up()),
            at(4, 5, nothing()),
        ]],
    );
}

#[test]
fn a_batch_is_in_order_and_has_the_reported_length() {
    let three = |sent, outcome| Call::SendMany(vec![1, 2, 3], sent, outcome);
    let rest = |messages: &[Message]| Call::Recv(Received::Messages(messages.to_vec()));
    let then_recv = |sent, outcome, received: &[Message]| {
        vec![vec![
            at(0, 1, three(sent, outcome)),
            at(2, 3, rest(received)),
        ]]
    };
    right(3, then_recv(3, Outcome::Done, &[1, 2, 3]));
    right(2, then_recv(2, Outcome::Full, &[1, 2]));
    wrong(3, then_recv(3, Outcome::Done, &[1, 3, 2]));
    wrong(3, then_recv(2, Outcome::Full, &[1, 2]));
    wrong(2, then_recv(3, Outcome::Done, &[1, 2]));
    wrong(3, then_recv(1, Outcome::Closed, &[1]));
    // Messages of other senders may come in between.
    let other = |call| vec![at(0, 1, three(3, Outcome::Done)), at(2, 3, call)];
    right(4, vec![other(rest(&[1, 9, 2])), vec![at(0, 1, send(9))]]);
    wrong(4, vec![other(rest(&[1, 9, 2])), vec![at(4, 5, send(9))]]);
}

#[test]
fn a_forced_send_evicts_the_oldest_message_and_only_if_full() {
    let force = |evicted| Call::ForceSend(9, evicted, Outcome::Done);
    let then = |capacity, force| {
        (
            capacity,
            vec![vec![at(0, 1, send(1)), at(2, 3, force), at(4, 5, recv(9))]],
        )
    };
    let (capacity, history) = then(1, force(Some(1)));
    right(capacity, history);
    let (capacity, history) = then(1, force(None));
    wrong(capacity, history);
    wrong(
        2,
        vec![vec![
            at(0, 1, send(1)),
            at(2, 3, send(2)),
            at(4, 5, force(Some(2))),
        ]],
    );
}

#[test]
fn a_query_must_be_true_at_some_moment() {
    right(
        2,
        vec![vec![
            at(0, 1, send(1)),
            at(2, 3, Call::Len(1)),
            at(4, 5, Call::Capacity(1)),
        ]],
    );
    wrong(2, vec![vec![at(0, 1, send(1)), at(2, 3, Call::Len(0))]]);
    wrong(
        2,
        vec![vec![at(0, 1, send(1)), at(2, 3, Call::Capacity(2))]],
    );
    wrong(2, vec![vec![at(0, 1, Call::IsClosed(true))]]);
}

#[track_caller]
fn raw(capacity: usize, is_right: bool, history: History<RawCall>) {
    assert_eq!(
        is_linearizable(Queue::new(capacity), &history),
        is_right,
        "{history:?}"
    );
}

#[test]
fn a_raw_queue_call_may_fail_only_because_of_a_call_in_flight() {
    let (none, some) = (
        || RawCall::Recv(None),
        |message| RawCall::Recv(Some(message)),
    );
    let (sent, back) = (
        |message| RawCall::Send(message, true),
        || RawCall::Send(9, false),
    );
    // The first send is slow: the message that another thread sent after it cannot be received yet.
    let slow = |end| vec![at(0, end, sent(1))];
    let quick = || vec![at(1, 2, sent(2)), at(3, 4, none())];
    raw(2, true, vec![slow(5), quick()]);
    raw(2, false, vec![vec![], quick()]);
    raw(2, false, vec![vec![at(5, 6, sent(1))], quick()]);
    // The first receive is slow: its slot is not free yet, though the queue is empty.
    let receiver = |end| vec![at(0, 1, sent(1)), at(2, end, some(1))];
    let other = || vec![at(3, 4, RawCall::Len(0)), at(5, 6, back())];
    raw(1, true, vec![receiver(7), other()]);
    raw(1, false, vec![receiver(4), other()]);
    raw(2, false, vec![receiver(7), other()]);
    // A message in flight counts.
    raw(
        2,
        true,
        vec![slow(5), vec![at(1, 2, RawCall::Len(1)), at(3, 4, none())]],
    );
    raw(
        1,
        false,
        vec![vec![at(0, 1, RawCall::Close), at(2, 3, sent(1))]],
    );
    raw(
        1,
        true,
        vec![vec![at(0, 1, RawCall::Close), at(2, 3, back())]],
    );
}
