//! Calls on handles: permits, sinks, streams, closing, clones and conversions.

use std::pin::Pin;
use std::task::Poll;

use futures_core::Stream;
use futures_sink::Sink;
use mpmc_std::error::TrySendError;

use crate::channel::{MANY, Rx, Stage, Tx, World};
use crate::input::Input;

impl World {
    pub(crate) fn try_reserve(&mut self, input: &mut Input<'_>) -> Option<()> {
        let at = self.some_tx(input)?;
        let is_closed = self.is_closed || self.txs[at].stage.is_closed();
        match input.below(3) {
            0 => {
                let (number, message) = self.message();
                let tx = &self.txs[at].handle;
                let is_used = input.below(2) == 0;
                let reserved = tx.try_reserve().map(|permit| {
                    if is_used {
                        permit.send(message);
                    }
                });
                self.judge_sent(&reserved, is_closed);
                if reserved.is_ok() && is_used {
                    self.put(number);
                }
            }
            1 if self.permits.len() < MANY => {
                let tx = self.txs[at].handle.clone();
                let reserved = match tx.try_reserve_owned() {
                    Ok(permit) => {
                        assert!(permit.same_channel_as_sender(&self.txs[at].handle));
                        self.permits.push(permit);
                        self.senders += 1;
                        Ok(())
                    }
                    Err(TrySendError::Full(tx)) => {
                        drop(tx);
                        Err(TrySendError::Full(()))
                    }
                    Err(TrySendError::Closed(_)) => Err(TrySendError::Closed(())),
                };
                self.judge_sent(&reserved, is_closed);
            }
            _ => {
                let count = input.below(self.capacity + 2);
                let messages = self.messages(input.below(count + 1));
                let numbers: Vec<_> = messages.iter().map(|message| message.number()).collect();
                let free = self.free();
                let reserved = self.txs[at].handle.try_reserve_many(count).map(|permits| {
                    assert_eq!(permits.len(), count);
                    for (message, permit) in messages.into_iter().zip(permits) {
                        permit.send(message);
                    }
                });
                match reserved {
                    Ok(()) => numbers.into_iter().for_each(|number| self.put(number)),
                    Err(TrySendError::Full(())) => {
                        assert!(
                            count > free || self.senders_wait(),
                            "{count} of {free} free"
                        );
                    }
                    Err(TrySendError::Closed(())) => assert!(is_closed),
                }
            }
        }
        Some(())
    }

    pub(crate) fn use_permit(&mut self, input: &mut Input<'_>) -> Option<()> {
        let at = input.pick(&self.permits)?;
        let permit = self.permits.remove(at);
        match input.below(4) {
            0 => {
                drop(permit);
                self.sender_goes();
            }
            1 => {
                let tx = permit.release();
                self.txs.push(Tx::new(tx, Stage::Idle));
            }
            _ => {
                let (number, message) = self.message();
                let tx = permit.send(message);
                if self.receivers > 0 {
                    self.put(number);
                }
                self.txs.push(Tx::new(tx, Stage::Idle));
            }
        }
        Some(())
    }

    pub(crate) fn poll_sender(&mut self, input: &mut Input<'_>) -> Option<()> {
        let at = self.some_tx(input)?;
        match input.below(12) {
            0..4 => self.poll_reserve(at, input.below(2) == 0),
            4..7 => self.start_send(at, input.below(2) == 0),
            7 => {
                let tx = &mut self.txs[at];
                let held = tx.stage.holds();
                let ended = tx.handle.abort_send();
                assert!(ended >= held && (held || tx.sink.waits || !ended));
                tx.sink.waits = false;
                tx.stage = match tx.stage {
                    Stage::Ready => Stage::Idle,
                    Stage::ClosedReady => Stage::Closed,
                    stage => stage,
                };
            }
            8 => {
                let tx = &mut self.txs[at];
                let was_closed = tx.stage.is_closed();
                if input.below(2) == 0 {
                    let handle = Pin::new(&mut tx.handle);
                    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
                    assert!(handle.poll_close(&mut cx).is_ready());
                    tx.stage = Stage::Closed;
                } else {
                    tx.handle.close();
                    tx.stage = match tx.stage.holds() {
                        true => Stage::ClosedReady,
                        false => Stage::Closed,
                    };
                }
                // The handle's waits end with its part in the channel.
                tx.sink.waits = false;
                tx.ready.waits = false;
                tx.closed.waits = false;
                if !was_closed {
                    self.sender_goes();
                }
            }
            9 => {
                let (tx, is_closed) = (&mut self.txs[at], self.is_closed);
                let handle = &mut tx.handle;
                let polled = tx.closed.poll(|cx| handle.poll_closed(cx));
                assert!(polled.is_pending() || is_closed || tx.stage.is_closed());
            }
            10 => self.poll_send_ready(at),
            _ => {
                let tx = &mut self.txs[at];
                let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
                assert!(Pin::new(&mut tx.handle).poll_flush(&mut cx).is_ready());
            }
        }
        Some(())
    }

    pub(crate) fn poll_reserve(&mut self, at: usize, is_sink: bool) {
        let is_closed = self.is_closed;
        let tx = &mut self.txs[at];
        let handle = &mut tx.handle;
        let polled = tx.sink.poll(|cx| {
            if is_sink {
                Pin::new(handle)
                    .poll_ready(cx)
                    .map_err(|error| assert!(error.0.is_none()))
            } else {
                handle.poll_reserve(cx).map_err(drop)
            }
        });
        match polled {
            Poll::Ready(Ok(())) if tx.stage == Stage::Idle => {
                assert!(!is_closed);
                tx.stage = Stage::Ready;
            }
            Poll::Ready(Ok(())) => assert!(tx.stage.holds()),
            Poll::Ready(Err(())) => assert!(is_closed || tx.stage == Stage::Closed),
            Poll::Pending => assert!(!tx.stage.holds() && !tx.stage.is_closed()),
        }
    }

    fn start_send(&mut self, at: usize, is_sink: bool) {
        let is_closed = self.is_closed;
        let stage = self.txs[at].stage;
        // That panics.
        if stage == Stage::Idle && !is_closed {
            return;
        }
        let (number, message) = self.message();
        let tx = &mut self.txs[at];
        let sent = if is_sink {
            let sent = Pin::new(&mut tx.handle).start_send(message);
            sent.map_err(|error| error.0.expect("the message"))
        } else {
            tx.handle.send_item(message).map_err(|error| error.0)
        };
        let goes_in = stage.holds() && self.receivers > 0;
        tx.stage = match stage {
            Stage::Ready => Stage::Idle,
            Stage::ClosedReady => Stage::Closed,
            stage => stage,
        };
        assert_eq!(
            sent.map_err(|message| message.number()),
            if goes_in { Ok(()) } else { Err(number) }
        );
        if goes_in {
            self.put(number);
        }
    }

    pub(crate) fn poll_send_ready(&mut self, at: usize) {
        let (free, is_closed) = (self.free(), self.is_closed);
        let tx = &mut self.txs[at];
        let handle = &mut tx.handle;
        match tx.ready.poll(|cx| handle.poll_send_ready(cx)) {
            Poll::Ready(Ok(())) => assert!(free > 0 && !is_closed),
            Poll::Ready(Err(_)) => assert!(is_closed || tx.stage.is_closed()),
            // Unless the budget is spent.
            Poll::Pending => {
                let is_closed = is_closed || tx.stage.is_closed();
                assert!(!is_closed || tx.ready.is_woken(), "closed, and it waits");
            }
        }
    }

    pub(crate) fn poll_receiver(&mut self, input: &mut Input<'_>) -> Option<()> {
        let at = input.pick(&self.rxs)?;
        match input.below(4) {
            0 => self.poll_recv_ready(at),
            1 => {
                let limit = 1 + input.below(3);
                let rx = &mut self.rxs[at];
                let handle = &mut rx.handle;
                let mut messages = Vec::new();
                let buffer = &mut messages;
                let polled = rx
                    .stream
                    .poll(|cx| handle.poll_recv_many(cx, buffer, limit));
                let count = messages.len();
                assert!(polled == Poll::Ready(count) || (polled.is_pending() && count == 0));
                assert!(polled != Poll::Ready(0) || self.is_finished());
                self.took(&messages);
            }
            way => self.poll_recv(at, way == 2),
        }
        Some(())
    }

    pub(crate) fn poll_recv(&mut self, at: usize, is_stream: bool) {
        let rx = &mut self.rxs[at];
        let handle = &mut rx.handle;
        let polled = rx.stream.poll(|cx| {
            if is_stream {
                Pin::new(handle).poll_next(cx)
            } else {
                handle.poll_recv(cx)
            }
        });
        match polled {
            Poll::Ready(Some(message)) => self.took(&[message]),
            Poll::Ready(None) => assert!(self.is_finished()),
            Poll::Pending => {
                assert!(
                    !self.is_finished() || self.rxs[at].stream.is_woken(),
                    "the end"
                );
            }
        }
    }

    pub(crate) fn poll_recv_ready(&mut self, at: usize) {
        let rx = &mut self.rxs[at];
        let handle = &mut rx.handle;
        match rx.ready.poll(|cx| handle.poll_recv_ready(cx)) {
            Poll::Ready(true) => assert!(!self.queue.is_empty()),
            Poll::Ready(false) => assert!(self.is_finished()),
            Poll::Pending => {}
        }
    }

    pub(crate) fn close(&mut self, input: &mut Input<'_>) -> Option<()> {
        match input.below(3) {
            0 => {
                let at = input.pick(&self.rxs)?;
                self.rxs[at].handle.close();
            }
            1 => {
                let at = self.some_tx(input)?;
                assert_eq!(self.txs[at].handle.close_channel(), !self.is_closed);
            }
            _ => {
                let at = input.pick(&self.blocking_rxs)?;
                self.blocking_rxs[at].close();
            }
        }
        self.closes();
        Some(())
    }

    pub(crate) fn change_handles(&mut self, input: &mut Input<'_>) -> Option<()> {
        match input.below(14) {
            0..2 => {
                let at = self.some_tx(input)?;
                if self.txs.len() < MANY {
                    let is_closed = self.txs[at].stage.is_closed();
                    let stage = if is_closed {
                        Stage::Closed
                    } else {
                        Stage::Idle
                    };
                    let clone = self.txs[at].handle.clone();
                    assert!(clone.same_channel(&self.txs[at].handle));
                    self.txs.push(Tx::new(clone, stage));
                    self.senders += usize::from(!is_closed);
                }
            }
            2..4 => {
                let at = input.pick(&self.rxs)?;
                if self.rxs.len() < MANY {
                    let clone = self.rxs[at].handle.clone();
                    self.rxs.push(Rx::new(clone));
                    self.receivers += 1;
                }
            }
            4 => {
                let at = self.some_tx(input)?;
                let tx = self.txs.remove(at);
                let was_closed = tx.stage.is_closed();
                drop(tx);
                if !was_closed {
                    self.sender_goes();
                }
            }
            5 => {
                let at = input.pick(&self.rxs)?;
                drop(self.rxs.remove(at));
                self.receiver_goes();
            }
            6 => {
                let at = self.some_tx(input)?;
                self.weak_txs.push(self.txs[at].handle.downgrade());
            }
            7 => {
                let at = input.pick(&self.rxs)?;
                self.weak_rxs.push(self.rxs[at].handle.downgrade());
            }
            8 => {
                let at = input.pick(&self.weak_txs)?;
                let tx = self.weak_txs.remove(at).upgrade();
                assert_eq!(tx.is_some(), self.senders > 0);
                self.txs.push(Tx::new(tx?, Stage::Idle));
                self.senders += 1;
            }
            9 => {
                let at = input.pick(&self.weak_rxs)?;
                let rx = self.weak_rxs.remove(at).upgrade();
                assert_eq!(rx.is_some(), self.receivers > 0);
                self.rxs.push(Rx::new(rx?));
                self.receivers += 1;
            }
            10 => {
                let at = self.some_tx(input)?;
                let tx = &self.txs[at];
                // A handle that waits takes its registration along.
                if tx.stage == Stage::Idle && !tx.sink.waits && !tx.closed.waits && !tx.ready.waits
                {
                    let tx = self.txs.remove(at).handle.into_blocking();
                    self.blocking_txs.push(tx);
                }
            }
            11 => {
                let at = input.pick(&self.rxs)?;
                if !self.rxs[at].stream.waits && !self.rxs[at].ready.waits {
                    let rx = self.rxs.remove(at).handle.into_blocking();
                    self.blocking_rxs.push(rx);
                }
            }
            12 => {
                let at = input.pick(&self.blocking_txs)?;
                let tx = self.blocking_txs.remove(at).into_async();
                self.txs.push(Tx::new(tx, Stage::Idle));
            }
            _ => {
                let at = input.pick(&self.blocking_rxs)?;
                let rx = self.blocking_rxs.remove(at).into_async();
                self.rxs.push(Rx::new(rx));
            }
        }
        Some(())
    }
}
