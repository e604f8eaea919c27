//! Every future dropped after every number of polls, in every situation: nothing has happened that
//! should not have, everything is given back, and who waits behind it is not forgotten.

use std::future::poll_fn;
use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use mpmc_std::{Consumer, MpmcQueue, Producer, Receiver, Sender, channel};

use crate::harness::{BoxedTask, Counted, Drops};

const CAPACITY: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    Send,
    SendMany,
    Reserve,
    ReserveMany,
    SendReady,
    SendWithPosition,
    #[cfg(feature = "tokio")]
    SendTimeout,
    ReserveOwned,
    /// Those that follow are polled on a handle of their own, which is dropped with them.
    PollReserve,
    PollSendReady,
    SinkSend,
    Recv,
    RecvMany,
    RecvReady,
    RecvWithPosition,
    RecvManyWithPosition,
    BorrowedNext,
    PollRecv,
    PollRecvMany,
    PollRecvReady,
    StreamNext,
    Drained,
    Closed,
    PollClosed,
}

use Wait::*;

const FOR_ROOM: &[Wait] = &[
    Send,
    SendMany,
    Reserve,
    ReserveMany,
    SendReady,
    SendWithPosition,
    #[cfg(feature = "tokio")]
    SendTimeout,
    ReserveOwned,
    PollReserve,
    PollSendReady,
    SinkSend,
];

const FOR_MESSAGES: &[Wait] = &[
    Recv,
    RecvMany,
    RecvReady,
    RecvWithPosition,
    RecvManyWithPosition,
    BorrowedNext,
    PollRecv,
    PollRecvMany,
    PollRecvReady,
    StreamNext,
];

/// What happens before each poll.
#[derive(Clone, Copy, Debug)]
enum Before {
    Nothing,
    /// There is something to do, but somebody else is quicker.
    MissedChance,
}

struct Scene {
    tx: Sender<Counted>,
    rx: Receiver<Counted>,
    drops: Drops,
}

impl Wait {
    fn is_for_room(self) -> bool {
        FOR_ROOM.contains(&self)
    }

    fn is_for_messages(self) -> bool {
        FOR_MESSAGES.contains(&self)
    }

    fn start(self, scene: &Scene) -> BoxedTask<'_, ()> {
        let Scene { tx, rx, drops } = scene;
        match self {
            Send => {
                let message = drops.message();
                BoxedTask::boxed(async { tx.send(message).await.unwrap() })
            }
            SendMany => {
                let messages = [drops.message(), drops.message()];
                BoxedTask::boxed(async { assert_eq!(tx.send_many(messages).await.unwrap(), 2) })
            }
            Reserve => BoxedTask::boxed(async { drop(tx.reserve().await.unwrap()) }),
            ReserveMany => BoxedTask::boxed(async { drop(tx.reserve_many(2).await.unwrap()) }),
            Recv => BoxedTask::boxed(async { drop(rx.recv().await.unwrap()) }),
            RecvMany => BoxedTask::boxed(async {
                let mut received = Vec::new();
                assert!(rx.recv_many(&mut received, 2).await > 0);
            }),
            SendReady => BoxedTask::boxed(async { tx.send_ready().await.unwrap() }),
            RecvReady => BoxedTask::boxed(async { assert!(rx.recv_ready().await) }),
            RecvWithPosition => {
                BoxedTask::boxed(async { drop(rx.recv_with_position().await.unwrap()) })
            }
            SendWithPosition => {
                let message = drops.message();
                BoxedTask::boxed(async { tx.send_with_position(message).await.map(drop).unwrap() })
            }
            RecvManyWithPosition => BoxedTask::boxed(async {
                let mut received = Vec::new();
                let positions = rx.recv_many_with_position(&mut received, 2).await;
                assert_eq!(positions.count(), received.len());
            }),
            ReserveOwned => {
                let tx = tx.clone();
                BoxedTask::boxed(async { drop(tx.reserve_owned().await.unwrap()) })
            }
            #[cfg(feature = "tokio")]
            SendTimeout => {
                let message = drops.message();
                let timeout = std::time::Duration::from_secs(60);
                BoxedTask::boxed(async move { tx.send_timeout(message, timeout).await.unwrap() })
            }
            PollReserve => {
                let mut tx = tx.clone();
                BoxedTask::boxed(async move { poll_fn(|cx| tx.poll_reserve(cx)).await.unwrap() })
            }
            PollSendReady => {
                let mut tx = tx.clone();
                BoxedTask::boxed(async move { poll_fn(|cx| tx.poll_send_ready(cx)).await.unwrap() })
            }
            SinkSend => {
                let (mut tx, message) = (tx.clone(), drops.message());
                BoxedTask::boxed(async move { SinkExt::send(&mut tx, message).await.unwrap() })
            }
            BorrowedNext => BoxedTask::boxed(async { drop(rx.stream().next().await.unwrap()) }),
            PollRecv => {
                let mut rx = rx.clone();
                BoxedTask::boxed(async move { drop(poll_fn(|cx| rx.poll_recv(cx)).await.unwrap()) })
            }
            PollRecvMany => {
                let mut rx = rx.clone();
                BoxedTask::boxed(async move {
                    let mut received = Vec::new();
                    assert!(poll_fn(|cx| rx.poll_recv_many(cx, &mut received, 2)).await > 0);
                })
            }
            PollRecvReady => {
                let mut rx = rx.clone();
                BoxedTask::boxed(async move { assert!(poll_fn(|cx| rx.poll_recv_ready(cx)).await) })
            }
            StreamNext => {
                let mut rx = rx.clone();
                BoxedTask::boxed(async move { drop(rx.next().await.unwrap()) })
            }
            Drained => BoxedTask::boxed(tx.drained()),
            Closed => BoxedTask::boxed(tx.closed()),
            PollClosed => {
                let mut tx = tx.clone();
                BoxedTask::boxed(async move { poll_fn(|cx| tx.poll_closed(cx)).await })
            }
        }
    }

    /// Nothing to do for this kind of future.
    fn blocked() -> impl Fn(Self) -> Scene {
        |wait| {
            let (tx, rx) = channel(CAPACITY);
            let drops = Drops::default();
            let messages = match wait {
                Drained => 1,
                _ if wait.is_for_room() => CAPACITY,
                _ => 0,
            };
            for _ in 0..messages {
                tx.try_send(drops.message()).unwrap();
            }
            Scene { tx, rx, drops }
        }
    }
}

impl Scene {
    /// Gives waits of this kind something to do.
    fn give_chance(&self, wait: Wait) {
        if wait.is_for_room() || wait == Drained {
            drop(self.rx.try_recv().unwrap());
        } else if wait.is_for_messages() {
            self.tx.try_send(self.drops.message()).unwrap();
        }
    }

    fn take_chance(&self, wait: Wait) {
        if wait.is_for_room() {
            self.tx.try_send(self.drops.message()).unwrap();
        } else if wait.is_for_messages() {
            drop(self.rx.try_recv().unwrap());
        }
    }

    fn prepare(&self, wait: Wait, before: Before) {
        // What has been received stays received.
        if let (Before::MissedChance, true) = (before, wait != Drained) {
            self.give_chance(wait);
            self.take_chance(wait);
        }
    }

    /// Checks that only messages take up capacity.
    #[track_caller]
    fn assert_nothing_held(&self, messages: usize, what: &str) {
        assert_eq!(self.tx.len(), messages, "{what}");
        assert_eq!(self.tx.capacity(), CAPACITY - messages, "{what}");
        assert_eq!(self.tx.stats().permits, 0, "{what}");
    }
}

/// Polls as an executor would: as long as it is woken. Whether it is done.
fn run(task: &mut BoxedTask<'_, ()>) -> bool {
    while task.is_woken() {
        if task.poll().is_ready() {
            return true;
        }
    }
    false
}

/// Drops `dropped` after `polls` polls, with `behind` waiting behind it.
fn drop_after(polls: usize, dropped: Wait, behind: Wait, before: Before, woken_at_end: bool) {
    let what = format!("{dropped:?} after {polls} polls, {before:?}, {woken_at_end}, {behind:?}");
    let scene = Wait::blocked()(dropped);
    let messages = scene.tx.len();
    let mut task = dropped.start(&scene);
    let mut heir = None;
    for _ in 0..polls {
        scene.prepare(dropped, before);
        assert!(task.poll().is_pending(), "{what}");
        // Comes after the first poll, so that it is behind it.
        let heir = heir.get_or_insert_with(|| behind.start(&scene));
        assert!(!run(heir), "{what}");
    }
    let mut heir = heir.unwrap_or_else(|| behind.start(&scene));
    assert!(!run(&mut heir), "{what}");
    let messages = if woken_at_end {
        scene.give_chance(dropped);
        if dropped.is_for_room() || dropped == Drained {
            messages - 1
        } else {
            messages + usize::from(dropped.is_for_messages())
        }
    } else {
        messages
    };
    drop(task);
    scene.assert_nothing_held(messages, &what);

    // The one behind goes on as soon as there is enough for it: what was given before the drop
    // counts.
    let mut is_done = run(&mut heir);
    if matches!(behind, Closed | PollClosed) {
        assert!(!is_done, "{what}");
        scene.rx.close();
        is_done = run(&mut heir);
    }
    let chances = if matches!(behind, SendMany | ReserveMany) {
        2
    } else {
        1
    };
    for _ in usize::from(woken_at_end)..chances {
        if !is_done {
            scene.give_chance(behind);
            is_done = run(&mut heir);
        }
    }
    assert!(is_done, "{what}: who was behind still waits");
    drop(heir);
    let Scene { tx, rx, drops } = scene;
    assert_eq!(tx.stats().permits, 0, "{what}");
    drop((tx, rx));
    assert!(drops.of_each().iter().all(|&drops| drops == 1), "{what}");
}

#[test]
fn a_future_dropped_after_any_number_of_polls_has_done_nothing() {
    #[cfg(feature = "tokio")]
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    #[cfg(feature = "tokio")]
    let _entered = runtime.enter();
    let pairs = |side: &[Wait]| {
        let pairs = side.iter().flat_map(|&a| side.iter().map(move |&b| (a, b)));
        pairs.collect::<Vec<_>>()
    };
    let mut cases = 0;
    for (dropped, behind) in [
        pairs(FOR_ROOM),
        pairs(FOR_MESSAGES),
        pairs(&[Closed, PollClosed]),
        pairs(&[Drained]),
    ]
    .concat()
    {
        for before in [Before::Nothing, Before::MissedChance] {
            for polls in 0..5 {
                for woken_at_end in [false, true] {
                    drop_after(polls, dropped, behind, before, woken_at_end);
                    cases += 1;
                }
            }
        }
    }
    println!("{cases} cases");
}

#[test]
fn a_reserve_many_dropped_half_way_gives_back_what_it_has() {
    for behind in [Send, SendMany, Reserve, ReserveMany] {
        let scene = Wait::blocked()(ReserveMany);
        let mut half_way = ReserveMany.start(&scene);
        assert!(!run(&mut half_way));
        let mut heir = behind.start(&scene);
        assert!(!run(&mut heir));
        scene.give_chance(ReserveMany);
        assert!(!run(&mut half_way) && half_way.poll().is_pending());
        assert_eq!((scene.tx.len(), scene.tx.capacity()), (CAPACITY - 1, 0));
        drop(half_way);
        let mut is_done = run(&mut heir);
        if !is_done {
            scene.give_chance(behind);
            is_done = run(&mut heir);
        }
        assert!(is_done, "{behind:?}");
    }
}

#[test]
fn a_send_many_dropped_half_way_has_sent_the_first_ones_and_nothing_else() {
    let scene = Wait::blocked()(SendMany);
    let mut half_way = SendMany.start(&scene);
    assert!(!run(&mut half_way));
    let mut heir = Send.start(&scene);
    assert!(!run(&mut heir));
    scene.give_chance(SendMany);
    assert!(!run(&mut half_way));
    drop(half_way);
    scene.assert_nothing_held(CAPACITY, "one of two was sent");
    scene.give_chance(Send);
    assert!(run(&mut heir));
    drop(heir);
    let numbers: Vec<_> = scene.rx.try_iter().map(|message| message.number).collect();
    // 0 to 2 were there before, 3 and 4 the batch, 5 came from behind.
    assert_eq!(numbers, [2, 3, 5]);
    assert_eq!(scene.drops.of_each(), [1; 6]);
}

/// The raw queue's two futures.
#[test]
fn a_future_of_the_queue_dropped_after_any_number_of_polls_has_done_nothing() {
    for is_send in [true, false] {
        for polls in 0..5 {
            for missed_chance in [false, true] {
                for woken_at_end in [false, true] {
                    drop_of_queue(is_send, polls, missed_chance, woken_at_end);
                }
            }
        }
    }
}

/// Drops a `send_async` (or `recv_async`) after `polls` polls, with another one behind it.
fn drop_of_queue(is_send: bool, polls: usize, missed_chance: bool, woken_at_end: bool) {
    let what = format!("{is_send}, {polls} polls, {missed_chance}, {woken_at_end}");
    let queue = Arc::new(MpmcQueue::new(2));
    let (producer, consumer) = (Producer::new(Arc::clone(&queue)), Consumer::new(queue));
    let drops = Drops::default();
    let start = || {
        let (producer, consumer) = (&producer, &consumer);
        if is_send {
            let message = drops.message();
            BoxedTask::boxed(async { producer.send_async(message).await.unwrap() })
        } else {
            BoxedTask::boxed(async { drop(consumer.recv_async().await.unwrap()) })
        }
    };
    let give_chance = || match is_send {
        true => drop(consumer.recv().unwrap()),
        false => assert!(producer.send(drops.message()).is_ok()),
    };
    let take_chance = || match is_send {
        true => assert!(producer.send(drops.message()).is_ok()),
        false => drop(consumer.recv().unwrap()),
    };
    while is_send && producer.send(drops.message()).is_ok() {}
    let messages = producer.queue().len();

    let mut task = start();
    let mut behind = None;
    for _ in 0..polls {
        if missed_chance {
            give_chance();
            take_chance();
        }
        assert!(task.poll().is_pending(), "{what}");
        let behind = behind.get_or_insert_with(start);
        assert!(!run(behind), "{what}");
    }
    let mut behind = behind.unwrap_or_else(start);
    assert!(!run(&mut behind), "{what}");
    let mut expected = messages;
    if woken_at_end {
        give_chance();
        expected = if is_send { messages - 1 } else { messages + 1 };
    }
    drop(task);
    assert_eq!(producer.queue().len(), expected, "{what}");
    let mut is_done = run(&mut behind);
    if !is_done {
        give_chance();
        is_done = run(&mut behind);
    }
    assert!(is_done, "{what}: the one behind still waits");
    drop(behind);
    assert_eq!(producer.queue().len(), messages, "{what}");
    drop((producer, consumer));
    assert!(drops.of_each().iter().all(|&drops| drops == 1), "{what}");
}
