//! A waker that runs a test's code when it is woken, cloned or dropped.

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{RawWaker, RawWakerVTable, Waker};

/// Code that runs once.
pub(crate) type Hook = Box<dyn FnOnce() + Send>;

/// The event that runs a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    Wake,
    Clone,
    Drop,
}

/// The hooks of one waker and its clones.
#[derive(Default)]
pub(crate) struct Hooks {
    pending: Mutex<Option<(On, Hook)>>,
    woken: AtomicBool,
}

impl Hooks {
    /// Returns a waker that runs these hooks.
    pub(crate) fn waker(self: &Arc<Self>) -> Waker {
        // SAFETY: the table treats the pointer as an `Arc`, and keeps its count.
        unsafe { Waker::from_raw(raw(Arc::clone(self))) }
    }

    /// Sets the hook that runs at the next such event, once.
    pub(crate) fn set(&self, on: On, hook: Hook) {
        *self.pending.lock().unwrap() = Some((on, hook));
    }

    /// Removes a hook that has not run.
    pub(crate) fn clear(&self) {
        let hook = self.pending.lock().unwrap().take();
        drop(hook);
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.woken.load(Ordering::SeqCst)
    }

    pub(crate) fn clear_woken(&self) {
        self.woken.store(false, Ordering::SeqCst);
    }

    /// Runs the hook for this event, while no lock is held.
    fn run(&self, event: On) {
        let mut pending = self.pending.lock().unwrap();
        let hook = pending.take_if(|(on, _)| *on == event);
        drop(pending);
        if let Some((_, hook)) = hook {
            hook();
        }
    }

    fn wake(&self) {
        self.woken.store(true, Ordering::SeqCst);
        self.run(On::Wake);
    }
}

static TABLE: RawWakerVTable = RawWakerVTable::new(
    |data| {
        let hooks = borrow(data);
        hooks.run(On::Clone);
        raw(Arc::clone(&hooks))
    },
    |data| {
        let hooks = take(data);
        hooks.wake();
        hooks.run(On::Drop);
    },
    |data| borrow(data).wake(),
    |data| take(data).run(On::Drop),
);

fn raw(hooks: Arc<Hooks>) -> RawWaker {
    RawWaker::new(Arc::into_raw(hooks).cast(), &TABLE)
}

fn take(data: *const ()) -> Arc<Hooks> {
    // SAFETY: the pointer of a waker is from `Arc::into_raw`, and the waker is consumed.
    unsafe { Arc::from_raw(data.cast()) }
}

fn borrow(data: *const ()) -> ManuallyDrop<Arc<Hooks>> {
    ManuallyDrop::new(take(data))
}
