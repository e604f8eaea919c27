//! The error types: output, comparison, conversion and the message inside.

use std::error::Error;
use std::fmt::{Debug, Display};

use super::mpsc::error::{SendError, SendTimeoutError, TryRecvError, TrySendError};
use crate::tokio_parity::Log;

/// Logs all formats of an error, also with a width, which some formats ignore.
fn print(log: &mut Log, error: &(impl Debug + Display)) {
    log.note("debug", format!("{error:?}"));
    log.note("alternate", format!("{error:#?}"));
    log.note("padded debug", format!("{error:<40?}|"));
    log.note("display", format!("{error}"));
    log.note("padded display", format!("{error:>40}|"));
}

/// A message that implements nothing.
struct Bare;

pub(crate) fn send_error(log: &mut Log) {
    print(log, &SendError(Bare));
    print(log, &SendError(()));
    log.note("equal", SendError(1) == SendError(1));
    log.note("different", SendError(1) == SendError(2));
    let SendError(message) = SendError("message");
    log.note("message", message);
}

pub(crate) fn try_send_error(log: &mut Log) {
    print(log, &TrySendError::Full(Bare));
    print(log, &TrySendError::Closed(Bare));
    let all = [
        TrySendError::Full(1),
        TrySendError::Full(2),
        TrySendError::Closed(1),
    ];
    for a in all {
        log.note("equal to", all.map(|b| a == b));
        log.note("message", a.into_inner());
    }
    let converted: TrySendError<_> = SendError(1).into();
    log.note("converted", converted == TrySendError::Closed(1));
    let question_mark = || -> Result<(), TrySendError<u8>> { Ok(Err(SendError(3))?) };
    log.note(
        "by question mark",
        question_mark().unwrap_err().into_inner(),
    );
}

pub(crate) fn try_recv_error(log: &mut Log) {
    let all = [TryRecvError::Empty, TryRecvError::Disconnected];
    for a in all {
        print(log, &a);
        log.note("equal to", all.map(|b| a == b));
    }
}

pub(crate) fn send_timeout_error(log: &mut Log) {
    print(log, &SendTimeoutError::Timeout(Bare));
    print(log, &SendTimeoutError::Closed(Bare));
    let all = [
        SendTimeoutError::Timeout(1),
        SendTimeoutError::Timeout(2),
        SendTimeoutError::Closed(1),
    ];
    for a in all {
        log.note("equal to", all.map(|b| a == b));
        log.note("message", a.into_inner());
    }
}

/// Checks at compile time which traits are implemented, and for which messages.
pub(crate) fn standard_traits(log: &mut Log) {
    fn has_all<E: Error + Copy + Eq + Send + Sync + 'static>(log: &mut Log) {
        log.note("has all", std::any::type_name::<E>().split("::").last());
    }
    has_all::<SendError<u8>>(log);
    has_all::<TrySendError<u8>>(log);
    has_all::<SendTimeoutError<u8>>(log);
    has_all::<TryRecvError>(log);

    fn is_error(log: &mut Log, error: &dyn Error) {
        log.note("no source", error.source().is_none());
    }
    is_error(log, &SendError(Bare));
    is_error(log, &TrySendError::Full(Bare));
    is_error(log, &SendTimeoutError::Timeout(Bare));

    let boxed: Box<dyn Error + Send + Sync> = TrySendError::Full(1).into();
    log.note("boxed", boxed.downcast_ref::<TrySendError<i32>>());
}
