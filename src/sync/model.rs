//! What is the same under loom and under shuttle: several threads, no runtime, and no clock.

/// Returns `false`: a model has several threads.
pub(crate) fn is_single_core() -> bool {
    false
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
