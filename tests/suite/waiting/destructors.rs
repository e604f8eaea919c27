//! Checks that destructors of messages, and iterators of batches, may do anything with the channel
//! that drops or calls them.

use std::sync::{Arc, Mutex};
use std::task::Poll;

use mpmc_std::{Receiver, Sender, WeakReceiver, channel};

use crate::harness::{SendTask, within_limit};

type Hook = Box<dyn FnOnce() + Send>;

/// A message that runs a test's code when it is dropped.
struct Message(Option<Hook>);

impl Drop for Message {
    fn drop(&mut self) {
        if let Some(hook) = self.0.take() {
            hook();
        }
    }
}

const PLAIN: Message = Message(None);

type Waiting = SendTask<'static, bool>;

/// An action of user code.
#[derive(Clone, Copy, Debug)]
enum Action {
    Close,
    DropNext,
    DropAll,
    TrySend,
    TryRecv,
    PollNext,
    PollNew,
    DropSender,
}

const ACTIONS: [Action; 8] = [
    Action::Close,
    Action::DropNext,
    Action::DropAll,
    Action::TrySend,
    Action::TryRecv,
    Action::PollNext,
    Action::PollNew,
    Action::DropSender,
];

/// A channel with parked sends, and the handles that user code needs.
#[derive(Clone)]
struct TestChannel {
    tx: Arc<Mutex<Option<Sender<Message>>>>,
    rx: WeakReceiver<Message>,
    waiting: Arc<Mutex<Vec<Waiting>>>,
}

fn sending(tx: &Sender<Message>, message: Message) -> Waiting {
    let tx = tx.clone();
    SendTask::boxed(async move { tx.send(message).await.is_ok() })
}

impl TestChannel {
    fn new(capacity: usize) -> (Self, Receiver<Message>) {
        let (tx, rx) = channel(capacity);
        let channel = Self {
            tx: Arc::new(Mutex::new(Some(tx))),
            rx: rx.downgrade(),
            waiting: Arc::default(),
        };
        (channel, rx)
    }

    fn sender(&self) -> Option<Sender<Message>> {
        self.tx.lock().unwrap().clone()
    }

    fn message(&self, action: Action) -> Message {
        let channel = self.clone();
        Message(Some(Box::new(move || channel.act(action))))
    }

    /// Parks a send behind the other ones.
    fn park(&self, message: Message) {
        let mut send = sending(&self.sender().unwrap(), message);
        send.parks();
        self.waiting.lock().unwrap().push(send);
    }

    fn take_first(&self) -> Option<Waiting> {
        let mut waiting = self.waiting.lock().unwrap();
        (!waiting.is_empty()).then(|| waiting.remove(0))
    }

    fn act(&self, action: Action) {
        match action {
            Action::Close => drop(self.rx.upgrade().inspect(Receiver::close)),
            Action::DropNext => drop(self.take_first()),
            Action::DropAll => while self.take_first().is_some() {},
            Action::TrySend => drop(self.sender().map(|tx| tx.try_send(PLAIN))),
            Action::TryRecv => drop(self.rx.upgrade().map(|rx| rx.try_recv())),
            Action::PollNext => {
                let Some(mut send) = self.take_first() else {
                    return;
                };
                if send.poll().is_pending() {
                    self.waiting.lock().unwrap().insert(0, send);
                }
            }
            Action::PollNew => {
                let tx = self.sender();
                let _ = tx.map(|tx| sending(&tx, PLAIN).poll());
            }
            Action::DropSender => drop(self.tx.lock().unwrap().take()),
        }
    }

    /// Checks that as many parked sends have been woken as can succeed.
    #[track_caller]
    fn check_wakes(&self) {
        let stats = self.rx.stats();
        let waiting = self.waiting.lock().unwrap();
        let woken = waiting.iter().filter(|send| send.is_woken()).count();
        let free = stats.max_capacity - stats.len - stats.permits;
        let enough = if stats.closed { usize::MAX } else { free };
        assert!(
            woken >= enough.min(waiting.len()),
            "{woken} of {}",
            waiting.len()
        );
    }

    /// Closes the channel and checks that all sends end.
    #[track_caller]
    fn check_that_all_end(&self) {
        self.act(Action::Close);
        while let Some(mut send) = self.take_first() {
            assert!(
                send.is_woken(),
                "the channel is closed, but a send is not woken"
            );
            assert_eq!(send.poll_until_parked(), Poll::Ready(false));
        }
    }
}

#[test]
fn a_message_that_is_dropped_with_the_last_receiver() {
    for action in ACTIONS {
        for place in 0..3 {
            within_limit(move || {
                println!("{action:?}, place {place}");
                let (channel, rx) = TestChannel::new(3);
                let tx = channel.sender().unwrap();
                for at in 0..3 {
                    let message = if at == place {
                        channel.message(action)
                    } else {
                        PLAIN
                    };
                    assert!(tx.try_send(message).is_ok());
                }
                (0..3).for_each(|_| channel.park(PLAIN));
                drop(tx);
                drop(rx);
                channel.check_wakes();
                channel.check_that_all_end();
            });
        }
    }
}

/// A woken send is dropped together with its message. Its notification is still forwarded.
#[test]
fn a_message_that_is_dropped_with_its_send() {
    for action in ACTIONS {
        for place in [0, 1, 9] {
            within_limit(move || {
                println!("{action:?}, place {place}");
                let (channel, rx) = TestChannel::new(16);
                let tx = channel.sender().unwrap();
                assert!(tx.try_send_many((0..16).map(|_| PLAIN)).is_ok());
                for at in 0..place + 3 {
                    channel.park(if at == place {
                        channel.message(action)
                    } else {
                        PLAIN
                    });
                }
                drop(tx);
                assert!(rx.try_recv_many(&mut Vec::new(), place + 1).is_ok());
                let hooked = channel.waiting.lock().unwrap().remove(place);
                assert!(hooked.is_woken());
                drop(hooked);
                channel.check_wakes();
                channel.check_that_all_end();
            });
        }
    }
}

/// The iterator runs before or between claims. What it does must not wait for the batch.
#[test]
fn an_iterator_that_uses_the_channel_that_it_is_sent_to() {
    for action in ACTIONS {
        within_limit(move || {
            println!("{action:?}");
            let (channel, rx) = TestChannel::new(4);
            let tx = channel.sender().unwrap();
            assert!(tx.try_send_many((0..4).map(|_| PLAIN)).is_ok());
            (0..3).for_each(|_| channel.park(PLAIN));
            assert!(rx.try_recv_many(&mut Vec::new(), 4).is_ok());
            let mut left = 3;
            let batch = std::iter::from_fn(|| {
                left -= 1;
                channel.act(action);
                (left >= 0).then_some(PLAIN)
            });
            let _ = tx.try_send_many(batch);
            drop(tx);
            assert!(rx.len() <= 4);
            channel.check_wakes();
            channel.check_that_all_end();
        });
    }
}
