//! Code that must panic.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// The message of a panic that a test makes on purpose.
pub(crate) const INTENDED_PANIC: &str = "intended by the test";

/// Runs `body`, which must panic, and returns the message of the panic.
#[track_caller]
pub(crate) fn panic_message<R>(body: impl FnOnce() -> R) -> String {
    let Err(panic) = panic::catch_unwind(AssertUnwindSafe(body)) else {
        panic!("was expected to panic");
    };
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast::<&str>().expect("a text").to_string(),
    }
}

/// Runs `body`, and checks that it panics as intended by the test.
#[track_caller]
pub(crate) fn panics_as_intended(body: impl FnOnce()) {
    assert_eq!(panic_message(body), INTENDED_PANIC);
}

/// Runs `body`, which must panic on this thread, and returns the file of the panic's location.
#[track_caller]
pub(crate) fn panic_file<R>(body: impl FnOnce() -> R) -> String {
    thread_local! {
        /// The files of the panics of this thread, while a test asks for them.
        static FILES: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
    }
    // The hook is set once and for all threads, because tests run beside each other.
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_recorded = FILES.with_borrow_mut(|files| {
                let file = info.location().map(|location| location.file().to_string());
                files.as_mut().map(|files| files.extend(file)).is_some()
            });
            if !is_recorded {
                report(info);
            }
        }));
    });
    FILES.set(Some(Vec::new()));
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    let files = FILES.take().expect("set above");
    assert!(result.is_err(), "was expected to panic");
    files.last().expect("the panic has a location").clone()
}

/// Wakers that panic in one of their functions.
pub(crate) mod panicking_waker {
    use std::task::{RawWaker, RawWakerVTable, Waker};

    const WAKE: RawWakerVTable = RawWakerVTable::new(
        |data| RawWaker::new(data, &WAKE),
        |_| panic!("{}", super::INTENDED_PANIC),
        |_| panic!("{}", super::INTENDED_PANIC),
        |_| {},
    );
    const CLONE: RawWakerVTable = RawWakerVTable::new(
        |_| panic!("{}", super::INTENDED_PANIC),
        |_| {},
        |_| {},
        |_| {},
    );

    const LEFT_THERE: RawWakerVTable = RawWakerVTable::new(
        |data| RawWaker::new(data, &LEFT_THERE),
        |_| {},
        |_| {},
        |_| panic!("{}", super::INTENDED_PANIC),
    );
    const DROP: RawWakerVTable = RawWakerVTable::new(
        |data| RawWaker::new(data, &LEFT_THERE),
        |_| {},
        |_| {},
        |_| {},
    );

    fn waker(table: &'static RawWakerVTable) -> Waker {
        // SAFETY: the data pointer is never used, so it is valid on any thread.
        unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), table)) }
    }

    pub(crate) fn in_wake() -> Waker {
        waker(&WAKE)
    }

    pub(crate) fn in_clone() -> Waker {
        waker(&CLONE)
    }

    /// Returns a waker whose clones panic when they are dropped.
    pub(crate) fn in_drop() -> Waker {
        waker(&DROP)
    }
}
