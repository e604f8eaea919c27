//! What is the same under loom and under shuttle: several threads, no runtime, and no clock.

/// The waiting strategy of a normal build.
#[derive(Default)]
pub(crate) struct YieldThenSleep(());

impl YieldThenSleep {
    pub(crate) fn step(&mut self) {
        super::sleep_briefly();
    }
}

/// Returns `false`: there is no runtime in a model.
pub(crate) fn is_in_runtime() -> bool {
    false
}

/// Does nothing: there is no runtime in a model.
pub(crate) fn assert_may_block(_call: &str) {}

/// Awaits `future`; a model has no clock, so the time is never up.
#[cfg(feature = "tokio")]
pub(crate) async fn timeout<F: Future>(
    _duration: core::time::Duration,
    future: F,
) -> Option<F::Output> {
    Some(future.await)
}
