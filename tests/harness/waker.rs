//! Wakers that run a test's code.

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{RawWaker, RawWakerVTable, Waker};

/// A call of a waker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WakerEvent {
    Clone,
    Wake,
    /// Also after a wake that consumes the waker.
    Drop,
}

/// Returns a waker that calls `on_wake` each time that it is woken.
pub(crate) fn callback_waker(on_wake: impl Fn() + Send + Sync + 'static) -> Waker {
    waker_with_events(move |event| {
        if event == WakerEvent::Wake {
            on_wake();
        }
    })
}

/// Returns a waker that calls `on_event` when it, or a clone of it, is cloned, woken or dropped.
pub(crate) fn waker_with_events(on_event: impl Fn(WakerEvent) + Send + Sync + 'static) -> Waker {
    struct Callback<F>(F);

    impl<F: Fn(WakerEvent) + Send + Sync + 'static> OnEvent for Callback<F> {
        fn on(&self, event: WakerEvent) {
            (self.0)(event);
        }
    }

    waker(Arc::new(Callback(on_event)))
}

/// The data of a waker.
trait OnEvent: Send + Sync + Sized + 'static {
    /// Is called by the waker and its clones, on any thread.
    fn on(&self, event: WakerEvent);

    const TABLE: &'static RawWakerVTable = &RawWakerVTable::new(
        |data| {
            let this = borrow::<Self>(data);
            this.on(WakerEvent::Clone);
            raw(Arc::clone(&this))
        },
        |data| {
            let this = take::<Self>(data);
            this.on(WakerEvent::Wake);
            this.on(WakerEvent::Drop);
        },
        |data| borrow::<Self>(data).on(WakerEvent::Wake),
        |data| take::<Self>(data).on(WakerEvent::Drop),
    );
}

fn waker<T: OnEvent>(data: Arc<T>) -> Waker {
    // SAFETY: the table treats the pointer as an `Arc<T>`, and keeps its count.
    unsafe { Waker::from_raw(raw(data)) }
}

fn raw<T: OnEvent>(data: Arc<T>) -> RawWaker {
    RawWaker::new(Arc::into_raw(data).cast(), T::TABLE)
}

fn take<T: OnEvent>(data: *const ()) -> Arc<T> {
    // SAFETY: the pointer of a waker is from `Arc::into_raw`, and the waker is consumed.
    unsafe { Arc::from_raw(data.cast()) }
}

fn borrow<T: OnEvent>(data: *const ()) -> ManuallyDrop<Arc<T>> {
    ManuallyDrop::new(take(data))
}

/// A waker that runs a hook at the next event of a kind, once, and records whether it was woken.
#[derive(Clone, Default)]
pub(crate) struct EventWaker(Arc<State>);

#[derive(Default)]
struct State {
    hook: Mutex<Option<(WakerEvent, Hook)>>,
    woken: AtomicBool,
}

/// Code that runs once.
pub(crate) type Hook = Box<dyn FnOnce() + Send>;

impl EventWaker {
    /// Returns a waker that runs this hook at the next such event, once.
    pub(crate) fn with_hook(event: WakerEvent, hook: impl FnOnce() + Send + 'static) -> Waker {
        let this = Self::default();
        this.set(event, Box::new(hook));
        this.waker()
    }

    /// Returns a waker that runs the hook. All of them wake the same task.
    pub(crate) fn waker(&self) -> Waker {
        waker(Arc::clone(&self.0))
    }

    /// Sets the hook that runs at the next such event, once.
    pub(crate) fn set(&self, event: WakerEvent, hook: Hook) {
        *self.0.hook.lock().unwrap() = Some((event, hook));
    }

    /// Removes a hook that has not run.
    pub(crate) fn clear(&self) {
        let hook = self.0.hook.lock().unwrap().take();
        drop(hook);
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.0.woken.load(Ordering::SeqCst)
    }

    pub(crate) fn clear_woken(&self) {
        self.0.woken.store(false, Ordering::SeqCst);
    }
}

impl OnEvent for State {
    /// Runs the hook for this event, while no lock is held.
    fn on(&self, event: WakerEvent) {
        if event == WakerEvent::Wake {
            self.woken.store(true, Ordering::SeqCst);
        }
        let mut hook = self.hook.lock().unwrap();
        let taken = hook.take_if(|(wanted, _)| *wanted == event);
        drop(hook);
        if let Some((_, hook)) = taken {
            hook();
        }
    }
}
