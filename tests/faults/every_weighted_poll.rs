//! As `every_poll.rs`, for the channel that is bounded by weight: whatever a future waits for when
//! it is dropped, it has done nothing and holds nothing, and who waits behind it goes on.

use mpmc_std::weighted::{Receiver, Sender, channel};

use crate::harness::{BoxedTask, Counted, Drops};

/// What a future waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lack {
    Weight,
    Slot,
    Message,
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    Send,
    Reserve,
    Recv,
    Closed,
}

use Wait::{Closed, Recv, Reserve, Send};

/// The weight that each sender asks for.
const WEIGHT: usize = 2;

struct Scene {
    lack: Lack,
    tx: Sender<Counted>,
    rx: Receiver<Counted>,
    drops: Drops,
}

impl Scene {
    fn new(lack: Lack) -> Self {
        let (capacity, max_weight) = match lack {
            Lack::Weight => (4, 2 * WEIGHT - 1),
            _ => (1, 10 * WEIGHT),
        };
        let (tx, rx) = channel(capacity, max_weight);
        let scene = Self {
            lack,
            tx,
            rx,
            drops: Drops::default(),
        };
        if matches!(lack, Lack::Weight | Lack::Slot) {
            scene.put();
        }
        scene
    }

    fn put(&self) {
        let sent = self.tx.try_send_with_weight(self.drops.message(), WEIGHT);
        assert!(sent.is_ok());
    }

    fn start(&self, wait: Wait) -> BoxedTask<'_, ()> {
        let Self { tx, rx, drops, .. } = self;
        match wait {
            Send => {
                let message = drops.message();
                BoxedTask::boxed(async { tx.send_with_weight(message, WEIGHT).await.unwrap() })
            }
            Reserve => BoxedTask::boxed(async { drop(tx.reserve(WEIGHT).await.unwrap()) }),
            Recv => BoxedTask::boxed(async { drop(rx.recv().await.unwrap()) }),
            Closed => BoxedTask::boxed(tx.closed()),
        }
    }

    fn give_chance(&self) {
        match self.lack {
            Lack::Weight | Lack::Slot => drop(self.rx.try_recv()),
            Lack::Message => self.put(),
            Lack::Close => self.rx.close(),
        }
    }

    /// A chance that another one takes. What gives weight back grants it, so there that is not
    /// possible.
    fn miss_chance(&self) {
        match self.lack {
            Lack::Slot => {
                drop(self.rx.try_recv().unwrap());
                self.put();
            }
            Lack::Message => {
                self.put();
                drop(self.rx.try_recv().unwrap());
            }
            Lack::Weight | Lack::Close => {}
        }
    }

    #[track_caller]
    fn assert_holds_messages_only(&self, what: &str) {
        assert_eq!(self.tx.weight(), WEIGHT * self.tx.len(), "{what}");
        let free = self.tx.max_capacity() - self.tx.len();
        assert_eq!(self.tx.capacity(), free, "{what}");
    }
}

/// Polls as an executor would. Whether it is done.
fn run(task: &mut BoxedTask<'_, ()>) -> bool {
    while task.is_woken() {
        if task.poll().is_ready() {
            return true;
        }
    }
    false
}

fn drop_after(polls: usize, lack: Lack, waits: [Wait; 2], misses: bool, woken_at_end: bool) {
    let what = format!("{lack:?}, {waits:?}, {polls} polls, {misses}, {woken_at_end}");
    let scene = Scene::new(lack);
    let mut task = scene.start(waits[0]);
    let mut behind = None;
    for _ in 0..polls {
        if misses {
            scene.miss_chance();
        }
        assert!(task.poll().is_pending(), "{what}");
        // Comes after the first poll, so that it is behind it.
        let behind = behind.get_or_insert_with(|| scene.start(waits[1]));
        assert!(!run(behind), "{what}");
    }
    let mut behind = behind.unwrap_or_else(|| scene.start(waits[1]));
    assert!(!run(&mut behind), "{what}");
    if woken_at_end {
        scene.give_chance();
    }
    drop(task);
    let mut is_done = run(&mut behind);
    assert!(is_done || !woken_at_end, "{what}: the chance is lost");
    if !is_done {
        scene.give_chance();
        is_done = run(&mut behind);
    }
    assert!(is_done, "{what}: what was behind still waits");
    drop(behind);
    scene.assert_holds_messages_only(&what);
    let Scene { tx, rx, drops, .. } = scene;
    drop(rx);
    assert_eq!(tx.weight(), 0, "{what}");
    assert!(drops.of_each().iter().all(|&drops| drops == 1), "{what}");
}

#[test]
fn a_weighted_future_dropped_after_any_number_of_polls_has_done_nothing() {
    let senders = [
        [Send, Send],
        [Send, Reserve],
        [Reserve, Send],
        [Reserve, Reserve],
    ];
    let mut cases = 0;
    for (lack, pairs) in [
        (Lack::Weight, &senders[..]),
        (Lack::Slot, &senders),
        (Lack::Message, &[[Recv, Recv]]),
        (Lack::Close, &[[Closed, Closed]]),
    ] {
        for &waits in pairs {
            for polls in 0..4 {
                for (misses, woken_at_end) in
                    [(false, false), (false, true), (true, false), (true, true)]
                {
                    drop_after(polls, lack, waits, misses, woken_at_end);
                    cases += 1;
                }
            }
        }
    }
    println!("{cases} cases");
}
