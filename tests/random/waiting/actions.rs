//! What is done with the channel, by steps and by wakers.

use mpmc_std::error::{TryRecvError, TrySendError};

use crate::harness::WakerEvent;
use crate::waiting::world::{WANTED, World};

/// How deep wakers that are called by wakers do anything.
const DEEPEST: u32 = 4;

/// What a call found that did not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Something,
    /// Empty, or full.
    Nothing,
    Closed,
}

impl World {
    pub(crate) fn try_send(&self, with_position: bool) -> Option<Found> {
        let tx = self.sender()?;
        let message = self.book.message();
        let (number, since) = (message.number(), self.book.now());
        self.note(("try_send", number));
        let sent = self.call(|| match with_position {
            true => tx.try_send_with_position(message).map(Some),
            false => tx.try_send(message).map(|()| None),
        });
        Some(match sent? {
            Ok(position) => {
                self.book.sent(number, since, position);
                Found::Something
            }
            Err(TrySendError::Full(_)) => Found::Nothing,
            Err(TrySendError::Closed(_)) => Found::Closed,
        })
    }

    pub(crate) fn try_send_many(&self, count: usize) -> Option<()> {
        let tx = self.sender()?;
        let messages = self.messages(count);
        let numbers: Vec<_> = messages.iter().map(|message| message.number()).collect();
        self.note(("try_send_many", &numbers));
        let since = self.book.now();
        let sent = match self.call(|| tx.try_send_many(messages))? {
            Ok(sent) => sent,
            Err(error) => error.into_inner().sent(),
        };
        for &number in &numbers[..sent] {
            self.book.sent(number, since, None);
        }
        Some(())
    }

    pub(crate) fn force_send(&self) -> Option<()> {
        let tx = self.sender()?;
        let message = self.book.message();
        let (number, since) = (message.number(), self.book.now());
        self.note(("force_send", number));
        if let Ok(evicted) = self.call(|| tx.force_send(message))? {
            if let Some(message) = evicted {
                self.note(("evicted", message.number()));
                self.book.received(message, since, None);
            }
            self.book.sent(number, since, None);
        }
        Some(())
    }

    pub(crate) fn try_recv(&self) -> Option<Found> {
        let rx = self.receiver()?;
        self.note("try_recv");
        let since = self.book.now();
        let received = self.call(|| rx.try_recv_with_position());
        self.note((
            "got",
            received
                .as_ref()
                .map(|r| r.as_ref().map(|(_, m)| m.number()).ok()),
        ));
        Some(match received? {
            Ok((position, message)) => {
                self.book.received(message, since, Some(position));
                Found::Something
            }
            Err(TryRecvError::Empty) => Found::Nothing,
            Err(TryRecvError::Disconnected) => Found::Closed,
        })
    }

    pub(crate) fn try_recv_many(&self, limit: usize, drains: bool) -> Option<()> {
        let rx = self.receiver()?;
        self.note(("try_recv_many", limit, drains));
        let since = self.book.now();
        let mut messages = Vec::new();
        let buffer = &mut messages;
        // What a panic leaves in the buffer has been received, too.
        if drains {
            self.call(|| buffer.extend(rx.drain().take(limit)));
        } else {
            self.call(|| rx.try_recv_many(buffer, limit).is_ok());
        }
        for message in messages {
            self.book.received(message, since, None);
        }
        Some(())
    }

    pub(crate) fn take_permit(&self) -> Option<()> {
        if self.is_ending.get() {
            return None;
        }
        let tx = self.sender()?.take();
        self.note("try_reserve");
        let permit = self.call(|| tx.try_reserve_owned().ok())??;
        self.permits.borrow_mut().push(permit);
        Some(())
    }

    pub(crate) fn send_on_permit(&self) -> Option<()> {
        let permit = self.permits.borrow_mut().pop()?;
        let message = self.book.message();
        let (number, since) = (message.number(), self.book.now());
        self.note(("send on a permit", number));
        self.call(|| drop(permit.send(message)))?;
        self.book.sent(number, since, None);
        Some(())
    }

    pub(crate) fn drop_permit(&self) -> Option<()> {
        let permit = self.permits.borrow_mut().pop()?;
        self.note("drop a permit");
        self.call(|| drop(permit))
    }

    pub(crate) fn close(&self) -> Option<()> {
        self.note("close");
        if self.below(2) == 0 {
            let rx = self.receiver()?;
            self.call(|| rx.close());
        } else {
            let tx = self.sender()?;
            self.call(|| tx.close_channel());
        }
        Some(())
    }

    pub(crate) fn drop_sender(&self) {
        let tx = self.tx.take();
        self.note("drop the sender");
        self.call(|| drop(tx));
    }

    pub(crate) fn drop_receiver(&self) {
        let rx = self.rx.take();
        self.note("drop the receiver");
        self.call(|| drop(rx));
        self.look_for_receivers();
    }

    /// Has the waiter's waker do something, once.
    pub(crate) fn arm(&self, id: usize) -> Option<()> {
        let waiter = self.waiters.borrow().get(&id).cloned()?;
        let hooks = waiter.hooks.borrow().clone();
        let (on, what) = match self.below(6) {
            0 => (WakerEvent::Clone, self.below(200)),
            1 => (WakerEvent::Drop, 20 + self.below(180)),
            _ => (WakerEvent::Wake, self.below(200)),
        };
        self.note((id, "armed", what, on));
        hooks.set(
            on,
            Box::new(move || Self::with(|world| world.act(id, what))),
        );
        Some(())
    }

    /// Does what a waker does. Those below 20 panic.
    fn act(&self, id: usize, what: usize) {
        if self.depth.get() >= DEEPEST {
            return;
        }
        self.acted.set(self.acted.get() + 1);
        self.note((id, "acts", what));
        match what {
            // A second panic during the first would abort.
            0..20 if std::thread::panicking() => {}
            0..20 => std::panic::resume_unwind(Box::new(WANTED)),
            20..40 => drop(self.try_send(false)),
            40..60 => drop(self.try_recv()),
            60..75 => self.drop_waiter(id),
            75..90 => drop(self.some_waiter().map(|waiter| self.drop_waiter(waiter.id))),
            90..105 => self.poll(id),
            105..120 => drop(self.some_waiter().map(|waiter| self.poll(waiter.id))),
            120..135 => self.start(),
            135..145 => drop(self.take_permit()),
            145..155 => drop(self.send_on_permit()),
            155..165 => drop(self.drop_permit()),
            165..175 => drop(self.try_recv_many(3, false)),
            175..185 => drop(self.try_send_many(3)),
            185..192 => drop(self.force_send()),
            192..196 => drop(self.some_waiter().map(|waiter| self.move_waiter(&waiter))),
            196 => self
                .all()
                .iter()
                .for_each(|waiter| self.drop_waiter(waiter.id)),
            197 => drop(self.close()),
            198 => self.drop_sender(),
            _ => self.drop_receiver(),
        }
    }
}
