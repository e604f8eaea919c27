//! Calls that block, made where they need not, and the selection among several.

use std::mem;
use std::time::{Duration, Instant};

use mpmc_std::blocking::{self, Select, SelectedOperation};
use mpmc_std::error::{RecvTimeoutError, SendTimeoutError, TryRecvError, TrySendError};

use crate::channel::World;
use crate::input::Input;
use crate::message::Message;

/// What a timed call says, as one that does not wait would.
fn without_time<R>(received: Result<R, RecvTimeoutError>) -> Result<R, TryRecvError> {
    received.map_err(|error| match error {
        RecvTimeoutError::Timeout => TryRecvError::Empty,
        RecvTimeoutError::Disconnected => TryRecvError::Disconnected,
    })
}

fn sent_without_time<E>(sent: Result<(), SendTimeoutError<E>>) -> Result<(), TrySendError<E>> {
    sent.map_err(|error| match error {
        SendTimeoutError::Timeout(message) => TrySendError::Full(message),
        SendTimeoutError::Closed(message) => TrySendError::Closed(message),
    })
}

/// One of the operations of a selection.
#[derive(Clone, Copy)]
enum Choice {
    Recv(usize),
    Send(usize),
    RecvOther,
    SendOther,
}

impl World {
    pub(crate) fn block(&mut self, input: &mut Input<'_>) -> Option<()> {
        match input.below(4) {
            0 => self.block_to_receive(input),
            1 => self.block_to_send(input),
            2 => {
                let at = input.pick(&self.rxs)?;
                let rx = &self.rxs[at].handle;
                match input.below(4) {
                    0 => {
                        let received = without_time(rx.blocking_recv_timeout(Duration::ZERO));
                        self.judge_received(&received);
                        self.took(&Vec::from_iter(received));
                    }
                    1 => {
                        let ready = without_time(rx.blocking_recv_ready_timeout(Duration::ZERO));
                        self.judge_received(&ready);
                        assert!(ready.is_err() || !self.queue.is_empty());
                    }
                    2 => {
                        let is_drained = rx.blocking_drained_timeout(Duration::ZERO);
                        assert_eq!(is_drained, self.queue.is_empty());
                    }
                    _ if !self.receivers_wait() && !self.queue.is_empty() => {
                        let mut messages = Vec::new();
                        rx.blocking_recv_many(&mut messages, 2);
                        assert!(!messages.is_empty());
                        self.took(&messages);
                    }
                    _ => {}
                }
                Some(())
            }
            _ => {
                let at = self.some_tx(input)?;
                let is_closed = self.is_closed || self.txs[at].stage.is_closed();
                let (number, message) = self.message();
                let tx = &self.txs[at].handle;
                match input.below(3) {
                    0 => {
                        let sent = tx.blocking_send_timeout(message, Duration::ZERO);
                        let sent = sent_without_time(sent);
                        self.judge_sent(&sent, is_closed);
                        if sent.is_ok() {
                            self.put(number);
                        }
                    }
                    1 => {
                        let ready = tx.blocking_send_ready_timeout(Duration::ZERO);
                        self.judge_sent(&sent_without_time(ready), is_closed);
                    }
                    _ => {
                        let is_drained = tx.blocking_drained_deadline(Instant::now());
                        assert_eq!(is_drained, self.queue.is_empty());
                    }
                }
                Some(())
            }
        }
    }

    fn block_to_receive(&mut self, input: &mut Input<'_>) -> Option<()> {
        let at = input.pick(&self.blocking_rxs)?;
        let rx = &self.blocking_rxs[at];
        let received = match input.below(6) {
            0 => rx.try_recv(),
            1 => without_time(rx.recv_timeout(Duration::ZERO)),
            2 => without_time(rx.recv_deadline(Instant::now())),
            3 if self.is_finished() || (!self.queue.is_empty() && !self.receivers_wait()) => {
                rx.recv().map_err(TryRecvError::from)
            }
            4 => {
                let messages: Vec<_> = rx.try_iter().take(2).collect();
                self.took(&messages);
                return Some(());
            }
            5 => {
                let rx = self.blocking_rxs.remove(at);
                if self.is_finished() {
                    assert!(rx.into_iter().next().is_none());
                } else {
                    drop(rx);
                }
                self.receiver_goes();
                return Some(());
            }
            _ => return None,
        };
        self.judge_received(&received);
        self.took(&Vec::from_iter(received));
        Some(())
    }

    fn block_to_send(&mut self, input: &mut Input<'_>) -> Option<()> {
        let at = input.pick(&self.blocking_txs)?;
        let (number, message) = self.message();
        let tx = &self.blocking_txs[at];
        let sent = match input.below(6) {
            0 => tx.try_send(message),
            1 => sent_without_time(tx.send_timeout(message, Duration::ZERO)),
            2 => sent_without_time(tx.send_deadline(message, Instant::now())),
            3 if self.is_closed || (self.free() > 0 && !self.senders_wait()) => {
                tx.send(message).map_err(TrySendError::from)
            }
            4 => {
                drop(self.blocking_txs.remove(at));
                self.sender_goes();
                return Some(());
            }
            _ => return None,
        };
        self.judge_sent(&sent, self.is_closed);
        if sent.is_ok() {
            self.put(number);
        }
        Some(())
    }

    /// Selects among operations on this channel and on another one.
    pub(crate) fn select(&mut self, input: &mut Input<'_>) -> Option<()> {
        // Borrowed by the selection, while the model changes.
        let txs = mem::take(&mut self.blocking_txs);
        let rxs = mem::take(&mut self.blocking_rxs);
        let (other_tx, other_rx) = blocking::bounded(1);
        if input.below(2) == 0 {
            let (_, message) = self.message();
            assert!(other_tx.try_send(message).is_ok());
        }
        {
            let mut select = if input.below(2) == 0 {
                Select::new()
            } else {
                Select::new_biased()
            };
            let mut choices = Vec::new();
            for _ in 0..1 + input.below(3) {
                let choice = match input.below(6) {
                    0..2 => input.pick(&rxs).map(Choice::Recv),
                    2..4 => input.pick(&txs).map(Choice::Send),
                    4 => Some(Choice::RecvOther),
                    _ => Some(Choice::SendOther),
                };
                let Some(choice) = choice else { continue };
                let index = match choice {
                    Choice::Recv(at) => select.recv(&rxs[at]),
                    Choice::Send(at) => select.send(&txs[at]),
                    Choice::RecvOther => select.recv(&other_rx),
                    Choice::SendOther => select.send(&other_tx),
                };
                assert_eq!(index, choices.len());
                choices.push(choice);
            }
            let others = (&other_tx, &other_rx);
            for _ in 0..input.below(3) {
                self.select_once(input, &mut select, &choices, (&txs, &rxs), others);
            }
        }
        drop((other_tx, other_rx));
        self.blocking_txs = txs;
        self.blocking_rxs = rxs;
        Some(())
    }

    fn select_once(
        &mut self,
        input: &mut Input<'_>,
        select: &mut Select<'_>,
        choices: &[Choice],
        (txs, rxs): (&[blocking::Sender<Message>], &[blocking::Receiver<Message>]),
        (other_tx, other_rx): (&blocking::Sender<Message>, &blocking::Receiver<Message>),
    ) {
        // Without an operation it would wait forever, or panic.
        if choices.is_empty() {
            return;
        }
        let selected: Option<SelectedOperation<'_>> = match input.below(4) {
            0 => {
                if let Ok(index) = select.try_ready() {
                    assert!(index < choices.len());
                }
                return;
            }
            1 => select.select_timeout(Duration::ZERO).ok(),
            _ => select.try_select().ok(),
        };
        let Some(selected) = selected else {
            for choice in choices {
                match choice {
                    Choice::Recv(_) => self.judge_received::<()>(&Err(TryRecvError::Empty)),
                    Choice::Send(_) => self.judge_sent::<()>(&Err(TrySendError::Full(())), false),
                    Choice::RecvOther => assert!(other_rx.is_empty()),
                    Choice::SendOther => assert!(other_tx.is_full()),
                }
            }
            return;
        };
        let choice = choices[selected.index()];
        if input.below(4) == 0 {
            // What was reserved goes back.
            drop(selected);
            return;
        }
        match choice {
            Choice::Recv(at) => match selected.recv(&rxs[at]) {
                Ok(message) => self.took(&[message]),
                Err(_) => assert!(self.is_finished()),
            },
            Choice::Send(at) => {
                let (number, message) = self.message();
                match selected.send(&txs[at], message) {
                    Ok(()) => self.put(number),
                    Err(error) => {
                        assert!(self.is_closed);
                        assert_eq!(error.0.number(), number);
                    }
                }
            }
            Choice::RecvOther => assert!(selected.recv(other_rx).is_ok()),
            Choice::SendOther => {
                let (_, message) = self.message();
                assert!(selected.send(other_tx, message).is_ok());
            }
        }
    }
}
