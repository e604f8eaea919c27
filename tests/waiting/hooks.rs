//! A waker that runs a test's code when it is woken, cloned or dropped.

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{RawWaker, RawWakerVTable, Waker};

/// Code that runs once.
pub(crate) type Hook = Box<dyn FnOnce() + Send>;

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    Wake,
    Clone,
    Drop,
}

/// The hooks of one waker and its clones.
#[derive(Default)]
pub(crate) struct Hooks {
    armed: Mutex<Option<(On, Hook)>>,
    woken: AtomicBool,
}

impl Hooks {
    /// Returns a waker that runs these hooks.
    pub(crate) fn waker(self: &Arc<Self>) -> Waker {
        // SAFETY: the table takes the pointer for what it is, an `Arc` whose count it keeps.
        unsafe { Waker::from_raw(raw(Arc::clone(self))) }
    }

    /// Sets what is run next, once.
    pub(crate) fn arm(&self, on: On, hook: Hook) {
        *self.armed.lock().unwrap() = Some((on, hook));
    }

    /// Removes what has not been run.
    pub(crate) fn disarm(&self) {
        let hook = self.armed.lock().unwrap().take();
        drop(hook);
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.woken.load(Ordering::SeqCst)
    }

    pub(crate) fn clear_woken(&self) {
        self.woken.store(false, Ordering::SeqCst);
    }

    /// Runs the hook for this event, with no lock held.
    fn run(&self, event: On) {
        let mut armed = self.armed.lock().unwrap();
        let hook = armed.take_if(|(on, _)| *on == event);
        drop(armed);
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
    // SAFETY: the pointer of a waker is from `Arc::into_raw`, and the waker is used up.
    unsafe { Arc::from_raw(data.cast()) }
}

fn borrow(data: *const ()) -> ManuallyDrop<Arc<Hooks>> {
    ManuallyDrop::new(take(data))
}
