//! Checks errors: texts, returned messages and conversions, and the `Debug` output of handles.

use std::error::Error;

use mpmc_std::blocking;
use mpmc_std::error::{
    ReadyTimeoutError, RecvError, RecvTimeoutError, SelectTimeoutError, SendError,
    SendTimeoutError, TryReadyError, TryRecvError, TrySelectError, TrySendError,
};

#[test]
fn errors_return_their_messages() {
    assert_eq!(SendError(1).into_inner(), 1);
    assert_eq!(TrySendError::Full(2).into_inner(), 2);
    assert_eq!(SendTimeoutError::Closed(3).into_inner(), 3);
}

#[test]
fn error_predicates_match_their_variants() {
    let (full, closed) = (TrySendError::Full(()), TrySendError::Closed(()));
    assert_eq!((full.is_full(), closed.is_full()), (true, false));
    assert_eq!((full.is_closed(), closed.is_closed()), (false, true));
    assert_eq!(
        (full.is_disconnected(), closed.is_disconnected()),
        (false, true)
    );
    let (timeout, closed) = (SendTimeoutError::Timeout(()), SendTimeoutError::Closed(()));
    assert_eq!((timeout.is_timeout(), closed.is_timeout()), (true, false));
    assert_eq!((timeout.is_closed(), closed.is_closed()), (false, true));
    assert_eq!(
        (timeout.is_disconnected(), closed.is_disconnected()),
        (false, true)
    );
    let (empty, closed) = (TryRecvError::Empty, TryRecvError::Disconnected);
    assert_eq!((empty.is_empty(), closed.is_empty()), (true, false));
    assert_eq!(
        (empty.is_disconnected(), closed.is_disconnected()),
        (false, true)
    );
    let (timeout, closed) = (RecvTimeoutError::Timeout, RecvTimeoutError::Disconnected);
    assert_eq!((timeout.is_timeout(), closed.is_timeout()), (true, false));
    assert_eq!(
        (timeout.is_disconnected(), closed.is_disconnected()),
        (false, true)
    );
}

#[test]
fn errors_of_a_closed_channel_convert_into_each_other() {
    assert_eq!(TrySendError::from(SendError(1)), TrySendError::Closed(1));
    assert_eq!(
        SendTimeoutError::from(SendError(1)),
        SendTimeoutError::Closed(1)
    );
    assert_eq!(TryRecvError::from(RecvError), TryRecvError::Disconnected);
    assert_eq!(
        RecvTimeoutError::from(RecvError),
        RecvTimeoutError::Disconnected
    );

    fn send_and_receive() -> Result<(), Box<dyn Error + Send + Sync>> {
        let (tx, rx) = blocking::channel(1);
        tx.send(1)?;
        assert_eq!(rx.recv()?, 1);
        drop(tx);
        rx.recv()?;
        Ok(())
    }
    assert_eq!(
        send_and_receive().unwrap_err().to_string(),
        "receiving on a closed channel"
    );
}

#[test]
fn error_texts_describe_the_failure() {
    let errors: [(&dyn Error, &str); 5] = [
        (&RecvError, "receiving on a closed channel"),
        (&TrySelectError, "all operations in select would block"),
        (&TryReadyError, "all operations in select would block"),
        (&SelectTimeoutError, "timed out waiting on select"),
        (&ReadyTimeoutError, "timed out waiting on select"),
    ];
    for (error, text) in errors {
        assert_eq!(error.to_string(), text);
        assert!(error.source().is_none());
    }
}

/// The message type need not implement `Debug`.
#[test]
fn debug_output_of_handles_shows_the_public_state() {
    struct Opaque;
    let (tx, rx) = mpmc_std::channel::<Opaque>(4);
    assert!(tx.try_send(Opaque).is_ok());
    let channel =
        "Channel { len: 1, max_capacity: 4, permits: 0, closed: false, senders: 1, receivers: 1 }";
    assert_eq!(
        format!("{tx:?}"),
        format!("Sender {{ channel: {channel}, .. }}")
    );
    assert_eq!(
        format!("{rx:?}"),
        format!("Receiver {{ channel: {channel}, .. }}")
    );
    let rx = rx.into_blocking();
    assert_eq!(
        format!("{rx:?}"),
        format!("Receiver {{ channel: {channel}, .. }}")
    );
    assert_eq!(format!("{:?}", SendError(Opaque)), "SendError { .. }");
    let queue = mpmc_std::MpmcQueue::<Opaque>::new(2);
    assert_eq!(
        format!("{queue:?}"),
        "MpmcQueue { len: 0, capacity: 2, closed: false, .. }"
    );
    drop(tx);
    rx.close();
    assert_eq!(
        rx.as_async().stats().to_string(),
        "closed, 1 of 4 messages, 0 permits; 1 sent by 0 senders, 0 waiting; 0 received by 1 receiver, 0 waiting"
    );
}

#[cfg(feature = "tokio")]
#[test]
fn errors_convert_to_those_of_tokio_and_back() {
    use tokio::sync::mpsc::{self, error as theirs};

    /// One error type for both channels.
    fn send_both(
        bounded: &mpmc_std::Sender<u8>,
        unbounded: &mpsc::UnboundedSender<u8>,
    ) -> Result<(), TrySendError<u8>> {
        bounded.try_send(1)?;
        unbounded.send(2)?;
        Ok(())
    }
    let (bounded, _rx) = mpmc_std::channel(1);
    let (unbounded, rx) = mpsc::unbounded_channel();
    drop(rx);
    assert_eq!(
        send_both(&bounded, &unbounded),
        Err(TrySendError::Closed(2))
    );
    assert_eq!(send_both(&bounded, &unbounded), Err(TrySendError::Full(1)));

    let there: theirs::SendError<u8> = SendError(1).into();
    assert_eq!(SendError::from(there), SendError(1));
    let there: theirs::TrySendError<u8> = SendError(1).into();
    assert_eq!(there, theirs::TrySendError::Closed(1));
    for error in [TrySendError::Full(1), TrySendError::Closed(2)] {
        let there: theirs::TrySendError<u8> = error.into();
        assert_eq!(there.to_string(), error.to_string());
        assert_eq!(TrySendError::from(there), error);
    }
    for error in [SendTimeoutError::Timeout(1), SendTimeoutError::Closed(2)] {
        let there: theirs::SendTimeoutError<u8> = error.into();
        assert_eq!(there.to_string(), error.to_string());
        assert_eq!(SendTimeoutError::from(there), error);
    }
    for error in [TryRecvError::Empty, TryRecvError::Disconnected] {
        let there: theirs::TryRecvError = error.into();
        assert_eq!(there.to_string(), error.to_string());
        assert_eq!(TryRecvError::from(there), error);
    }
}
