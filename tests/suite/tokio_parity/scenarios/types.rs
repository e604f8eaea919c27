//! Signatures, auto traits, `Debug` and the location of panics.

use std::cell::Cell;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::task::{Context, Poll};

use super::mpsc::error::{SendError, TryRecvError, TrySendError};
use super::mpsc::{self, OwnedPermit, Permit, PermitIterator, Receiver, Sender, WeakSender};
use crate::harness::panic_file;
use crate::tokio_parity::Log;

/// Checks signatures at compile time. Methods are coerced to function pointers where the pointer
/// types are the same in both crates, and called where tokio takes `&mut self`.
pub(crate) fn signatures(log: &mut Log) {
    type T = String;
    type S = Sender<T>;
    type Tried<R, E = ()> = Result<R, TrySendError<E>>;

    let _: fn(usize) -> (Sender<T>, Receiver<T>) = mpsc::channel;

    let _: fn(&Sender<T>, T) -> Tried<(), T> = Sender::try_send;
    let _: fn(&Sender<T>, T) -> Result<(), SendError<T>> = Sender::blocking_send;
    let _: fn(&Sender<T>) -> bool = Sender::is_closed;
    let _: for<'a> fn(&'a Sender<T>) -> Tried<Permit<'a, T>> = Sender::try_reserve;
    let _: for<'a> fn(&'a Sender<T>, usize) -> Tried<PermitIterator<'a, T>> =
        Sender::try_reserve_many;
    let _: fn(S) -> Tried<OwnedPermit<T>, S> = Sender::try_reserve_owned;
    let _: fn(&Sender<T>, &Sender<T>) -> bool = Sender::same_channel;
    let _: [fn(&Sender<T>) -> usize; 4] = [
        Sender::capacity,
        Sender::max_capacity,
        Sender::strong_count,
        Sender::weak_count,
    ];
    let _: fn(&Sender<T>) -> WeakSender<T> = Sender::downgrade;
    let _: fn(&Sender<T>) -> Sender<T> = Clone::clone;

    let _: fn(&WeakSender<T>) -> Option<Sender<T>> = WeakSender::upgrade;
    let _: [fn(&WeakSender<T>) -> usize; 2] = [WeakSender::strong_count, WeakSender::weak_count];
    let _: fn(&WeakSender<T>) -> WeakSender<T> = Clone::clone;

    let _: fn(Permit<'static, T>, T) = Permit::send;
    let _: fn(&mut PermitIterator<'static, T>) -> Option<Permit<'static, T>> = Iterator::next;
    let _: fn(OwnedPermit<T>, T) -> Sender<T> = OwnedPermit::send;
    let _: fn(OwnedPermit<T>) -> Sender<T> = OwnedPermit::release;
    let _: fn(&OwnedPermit<T>, &OwnedPermit<T>) -> bool = OwnedPermit::same_channel;
    let _: fn(&OwnedPermit<T>, &Sender<T>) -> bool = OwnedPermit::same_channel_as_sender;

    let _: [fn(&Receiver<T>) -> usize; 5] = [
        Receiver::len,
        Receiver::capacity,
        Receiver::max_capacity,
        Receiver::sender_strong_count,
        Receiver::sender_weak_count,
    ];
    let _: [fn(&Receiver<T>) -> bool; 2] = [Receiver::is_closed, Receiver::is_empty];
    let _: fn(&mut Receiver<T>) -> Result<T, TryRecvError> = |rx| rx.try_recv();
    let _: fn(&mut Receiver<T>) -> Option<T> = |rx| rx.blocking_recv();
    let _: fn(&mut Receiver<T>, &mut Vec<T>, usize) -> usize =
        |rx, buffer, limit| rx.blocking_recv_many(buffer, limit);
    let _: fn(&mut Receiver<T>) = |rx| rx.close();
    let _: fn(&mut Receiver<T>, &mut Context<'_>) -> Poll<Option<T>> = Receiver::poll_recv;
    let _: fn(&mut Receiver<T>, &mut Context<'_>, &mut Vec<T>, usize) -> Poll<usize> =
        Receiver::poll_recv_many;

    log.note("compiles", true);
}

/// Checks at compile time the outputs of the futures, and that they can be spawned.
pub(crate) fn futures_are_send(log: &mut Log) {
    fn yields<T>(future: impl Future<Output = T> + Send) {
        drop(future);
    }
    #[allow(unused_mut)]
    let (tx, mut rx) = mpsc::channel(1);
    yields::<Result<(), SendError<u8>>>(tx.send(1));
    yields::<()>(tx.closed());
    yields::<Result<Permit<'_, u8>, SendError<()>>>(tx.reserve());
    yields::<Result<PermitIterator<'_, u8>, SendError<()>>>(tx.reserve_many(1));
    yields::<Option<u8>>(rx.recv());
    yields::<usize>(rx.recv_many(&mut Vec::new(), 1));
    yields::<Result<OwnedPermit<u8>, SendError<()>>>(tx.reserve_owned());
    log.note("compiles", true);
}

/// Provides `Probe::<T>::IS_SEND` and so on: the inherent constant where its bound holds, otherwise
/// that of the trait.
struct Probe<T>(PhantomData<T>);

trait Otherwise {
    const IS_SEND: bool = false;
    const IS_SYNC: bool = false;
    const IS_UNPIN: bool = false;
    const IS_UNWIND_SAFE: bool = false;
    const IS_REF_UNWIND_SAFE: bool = false;
}
impl<T> Otherwise for Probe<T> {}
impl<T: Send> Probe<T> {
    const IS_SEND: bool = true;
}
impl<T: Sync> Probe<T> {
    const IS_SYNC: bool = true;
}
impl<T: Unpin> Probe<T> {
    const IS_UNPIN: bool = true;
}
impl<T: UnwindSafe> Probe<T> {
    const IS_UNWIND_SAFE: bool = true;
}
impl<T: RefUnwindSafe> Probe<T> {
    const IS_REF_UNWIND_SAFE: bool = true;
}

/// Logs which auto traits the channel's types have with one type of message.
macro_rules! probe {
    ($log:ident, $message:ty: $($type:ty)*) => {
        $($log.note(
            concat!(stringify!($type), " of ", stringify!($message)),
            [
                Probe::<$type>::IS_SEND,
                Probe::<$type>::IS_SYNC,
                Probe::<$type>::IS_UNPIN,
                Probe::<$type>::IS_UNWIND_SAFE,
                Probe::<$type>::IS_REF_UNWIND_SAFE,
            ],
        );)*
    };
    ($log:ident, $message:ty) => {{
        type T = $message;
        probe!($log, $message:
            Sender<T> WeakSender<T> Receiver<T> OwnedPermit<T> Permit<'static, T>
            PermitIterator<'static, T> SendError<T> TrySendError<T> mpsc::error::SendTimeoutError<T>
        );
    }};
}

pub(crate) fn auto_traits(log: &mut Log) {
    // Send and Sync; Send only; neither.
    probe!(log, u8);
    probe!(log, Cell<u8>);
    probe!(log, Rc<Cell<u8>>);
    // Not `Unpin`; not `UnwindSafe`.
    probe!(log, std::marker::PhantomPinned);
    probe!(log, &'static mut u8);
}

/// [`Probe`] for a type that cannot be named. Methods, because a value has no associated constants.
trait OtherwiseOfValue {
    fn is_send(&self) -> bool {
        false
    }
    fn is_sync(&self) -> bool {
        false
    }
    fn is_unpin(&self) -> bool {
        false
    }
}
impl<T> OtherwiseOfValue for Probe<T> {}
impl<T: Send> Probe<T> {
    fn is_send(&self) -> bool {
        true
    }
}
impl<T: Sync> Probe<T> {
    fn is_sync(&self) -> bool {
        true
    }
}
impl<T: Unpin> Probe<T> {
    // No future is `Unpin`.
    #[allow(dead_code)]
    fn is_unpin(&self) -> bool {
        true
    }
}

/// Returns the probe of a future, which is not polled.
fn probe_of<T>(_: T) -> Probe<T> {
    Probe(PhantomData)
}

/// Logs which auto traits the futures have with one type of message.
macro_rules! probe_futures {
    ($log:ident: $($future:expr;)*) => {
        $({
            let probe = probe_of($future);
            let traits = [probe.is_send(), probe.is_sync(), probe.is_unpin()];
            $log.note(stringify!($future), traits);
        })*
    };
    ($log:ident, $message:expr) => {{
        #[allow(unused_mut)]
        let (tx, mut rx) = mpsc::channel(1);
        let mut buffer = Vec::new();
        probe_futures!($log:
            tx.send($message);
            tx.closed();
            tx.reserve();
            tx.reserve_many(1);
            tx.clone().reserve_owned();
            rx.recv();
            rx.recv_many(&mut buffer, 1);
        );
    }};
}

pub(crate) fn auto_traits_of_futures(log: &mut Log) {
    // Send and Sync; Send only; neither.
    probe_futures!(log, 1);
    probe_futures!(log, Cell::new(1));
    probe_futures!(log, Rc::new(1));
}

/// Checks that `Debug` output exists for every message type. Its text may differ.
pub(crate) fn debug_output_exists(log: &mut Log) {
    struct Bare;
    fn starts_with_its_name(log: &mut Log, value: &impl Debug, name: &str) {
        let text = format!("{value:?}");
        log.note(name, text.starts_with(name));
    }
    let (tx, rx) = mpsc::channel::<Bare>(3);
    starts_with_its_name(log, &tx, "Sender");
    starts_with_its_name(log, &rx, "Receiver");
    starts_with_its_name(log, &tx.downgrade(), "WeakSender");
    starts_with_its_name(log, &tx.try_reserve().unwrap(), "Permit");
    starts_with_its_name(log, &tx.try_reserve_many(1).unwrap(), "PermitIterator");
    starts_with_its_name(log, &tx.try_reserve_owned().unwrap(), "OwnedPermit");
}

pub(crate) fn any_message_type(log: &mut Log) {
    fn through<T>(message: T) -> Option<T> {
        #[allow(unused_mut)]
        let (tx, mut rx) = mpsc::channel(1);
        tx.clone().try_send(message).ok();
        rx.try_recv().ok()
    }
    log.note("unit", through(()));
    log.note("borrowed", through(&*String::from("text")));
    log.note("trait object", through(Box::new(7) as Box<dyn Debug>));
    log.note("large", through([7_u8; 5000]).map(|large| large.len()));
    log.note("not Send", through(Rc::new(7)));
    log.note(
        "function",
        through(i32::abs as fn(i32) -> i32).map(|f| f(-3)),
    );
    log.note("never", through::<Option<std::convert::Infallible>>(None));
}

/// Checks that a panic names the caller's line, not a line inside the crate.
pub(crate) fn panics_name_the_caller(log: &mut Log) {
    log.note("channel", panic_file(|| drop(mpsc::channel::<u8>(0))));
}
