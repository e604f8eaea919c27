//! Finishing what was begun when user code panics in the middle.

/// Repeats `step` until it returns `false`, and goes on with the rest if some steps panic. The first
/// panic continues after the last step; the others have been reported by the panic hook, and end
/// here. If the thread was unwinding already, all of them end here, since the panic that it unwinds
/// for continues.
///
/// Without the feature `std` a panic cannot be caught: the rest is done while the first one passes
/// through, and a second one aborts, as any panic during unwinding does. The same holds in models,
/// which end their threads by panics.
#[cfg(all(feature = "std", not(any(loom, shuttle))))]
pub(crate) fn run_all(mut step: impl FnMut() -> bool) {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    let mut first = None;
    // Steps have finished with their shared state before they call user code, which is what panics.
    while let Err(panic) = catch_unwind(AssertUnwindSafe(|| while step() {})) {
        match first {
            None => first = Some(panic),
            Some(_) => discard(panic),
        }
    }
    match first {
        Some(panic) if std::thread::panicking() => discard(panic),
        Some(panic) => resume_unwind(panic),
        None => {}
    }
}

/// Drops what a panic was raised with. Leaks it if that panics, too.
#[cfg(all(feature = "std", not(any(loom, shuttle))))]
#[cold]
fn discard(panic: alloc::boxed::Box<dyn core::any::Any + Send>) {
    let drop_it = std::panic::AssertUnwindSafe(|| drop(panic));
    if let Err(another) = std::panic::catch_unwind(drop_it) {
        core::mem::forget(another);
    }
}

/// As above. `step` is called once more after it has returned `false`.
#[cfg(any(not(feature = "std"), loom, shuttle))]
pub(crate) fn run_all(step: impl FnMut() -> bool) {
    struct Rest<F: FnMut() -> bool>(F);
    impl<F: FnMut() -> bool> Drop for Rest<F> {
        fn drop(&mut self) {
            while (self.0)() {}
        }
    }

    let mut rest = Rest(step);
    while (rest.0)() {}
}

/// Runs something when it is dropped, so also while a panic of what comes before passes through.
pub(crate) struct Defer<F: FnMut()>(F);

pub(crate) fn defer<F: FnMut()>(last: F) -> Defer<F> {
    Defer(last)
}

impl<F: FnMut()> Drop for Defer<F> {
    #[inline]
    fn drop(&mut self) {
        (self.0)();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_panicking_step_does_not_end_it() {
        let mut steps = 0;
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            run_all(|| {
                steps += 1;
                assert_ne!(steps, 3, "the third step panics");
                steps < 5
            });
        }));
        assert!(result.is_err());
        assert_eq!(steps, 5);
    }

    #[cfg(feature = "std")]
    #[test]
    fn of_several_panics_the_first_continues() {
        let mut steps = 0;
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            run_all(|| {
                steps += 1;
                assert!(steps % 2 == 0, "step {steps}");
                steps < 6
            });
        }));
        let panic = result.unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().unwrap(), "step 1");
        assert_eq!(steps, 6);
    }

    #[cfg(feature = "std")]
    #[test]
    fn a_panic_that_unwinds_already_continues() {
        let mut steps = 0;
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _rest = defer(|| {
                run_all(|| {
                    steps += 1;
                    assert!(steps > 2, "step {steps}");
                    steps < 4
                });
            });
            panic!("the first");
        }));
        let panic = result.unwrap_err();
        assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "the first");
        assert_eq!(steps, 4);
    }
}
