//! Completing an operation when user code panics partway through.

/// Repeats `step` until it returns `false`, and continues with the remaining steps if some panic.
/// The first panic resumes after the last step. The other panics have been reported by the panic
/// hook and are discarded. If the thread was unwinding already, all of them are discarded, since
/// the panic that it unwinds for continues.
///
/// Without the feature `std` a panic cannot be caught: the remaining steps run while the first
/// panic unwinds, and a second one aborts, as any panic during unwinding does. The same holds in
/// models, which end their threads by panics.
#[cfg(all(feature = "std", not(any(loom, shuttle))))]
pub(crate) fn run_all(mut step: impl FnMut() -> bool) {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    let mut first = None;
    // Steps release their shared state before they call user code, and only user code panics.
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

/// Drops a panic payload. Leaks it if its destructor panics, too.
#[cfg(all(feature = "std", not(any(loom, shuttle))))]
#[cold]
fn discard(panic: alloc::boxed::Box<dyn core::any::Any + Send>) {
    let drop_it = std::panic::AssertUnwindSafe(|| drop(panic));
    if let Err(another) = std::panic::catch_unwind(drop_it) {
        core::mem::forget(another);
    }
}

/// Repeats `step` until it returns `false`, also while a panic of a step unwinds. Calls `step` once
/// more after it has returned `false`.
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

/// Runs a closure when it is dropped, also while a panic unwinds.
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
    fn remaining_steps_run_after_a_panic() {
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
    fn the_first_of_several_panics_resumes() {
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
    fn panics_during_unwinding_are_discarded() {
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
