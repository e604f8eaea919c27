//! Finishing what was begun when user code panics in the middle.

/// Repeats `step` until it returns `false`; goes on with the rest while a panic of one step passes through.
/// A panic of a second step then aborts, as any panic during unwinding does.
///
/// `step` is called once more after it has returned `false`.
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
}
