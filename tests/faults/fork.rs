//! A process that is forked while it uses channels: the child has copies of them, which are no
//! longer connected to the parent's.

use std::thread;
use std::time::Duration;

use mpmc_std::channel;
use mpmc_std::error::{RecvTimeoutError, TryRecvError};

use crate::harness::in_own_process;
use crate::harness::{Task, within_limit};

/// Runs `body` in a child, and returns whether that returned `true`.
fn forked(body: impl FnOnce() -> bool) -> bool {
    // SAFETY: no other thread is in the middle of anything that the child uses; see below.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
        let is_fine = matches!(result, Ok(true));
        // SAFETY: ends the child, without what the parent will do at its end.
        unsafe { libc::_exit(i32::from(!is_fine)) };
    }
    let mut status = 0;
    // SAFETY: the child is ours, and `status` is a place for its status.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child);
    libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
}

/// What works: everything, on the copies, if no thread was inside a call of the channel at the time
/// of the fork. (Such a thread does not exist in the child: what it has claimed stays claimed, and
/// a lock that it holds stays held.) Tasks and threads of the parent that wait do no harm.
#[test]
fn a_child_uses_its_copies_and_the_parent_sees_nothing_of_it() {
    in_own_process(|| {
        within_limit(|| {
            let (tx, rx) = channel(2);
            tx.try_send(1).unwrap();
            let (waiting_tx, waiting_rx) = channel::<u32>(2);
            let task = Task::parked(waiting_rx.recv());
            let blocked = waiting_rx.clone();
            let thread = thread::spawn(move || blocked.blocking_recv());
            // Until it is parked, which is no state that could be asked for.
            thread::sleep(Duration::from_millis(100));

            let is_fine = forked(|| {
                let was_there = rx.try_recv() == Ok(1) && rx.try_recv() == Err(TryRecvError::Empty);
                // The copies of the parent's waiters are woken here, to no effect there.
                let sent = (0..2).all(|number| waiting_tx.try_send(number).is_ok());
                let is_woken = task.is_woken();
                let received = waiting_rx.try_recv() == Ok(0) && waiting_rx.try_recv() == Ok(1);
                let moment = Duration::from_millis(5);
                let timeout = rx.blocking_recv_timeout(moment) == Err(RecvTimeoutError::Timeout);
                let many = (0..100).all(|number| {
                    tx.blocking_send(number).is_ok() && rx.blocking_recv() == Some(number)
                });
                rx.close();
                was_there && sent && is_woken && received && timeout && many
            });
            assert!(is_fine);

            // Nothing of this has happened here.
            assert!(!task.is_woken() && !rx.is_closed());
            assert_eq!(rx.try_recv(), Ok(1));
            waiting_tx.try_send(7).unwrap();
            waiting_tx.try_send(8).unwrap();
            assert!(task.is_woken());
            let mut received = [task.finish(), thread.join().unwrap()];
            received.sort_unstable();
            assert_eq!(received, [Some(7), Some(8)]);
        });
    });
}
