//! The operations on a channel.

use proptest::prelude::*;

/// One operation. The first `usize` selects a handle, a permit or a future.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    TrySend(usize),
    TrySendMany(usize, usize),
    ForceSend(usize),
    TryRecv(usize),
    TryRecvMany(usize, usize),
    Drain(usize, usize),

    /// Creates a future, and polls it once.
    Send(usize),
    SendMany(usize, usize),
    Reserve(usize),
    /// The numbers are those of permits to reserve and of permits to use.
    ReserveMany(usize, usize, usize),
    /// The limit is the largest number of messages.
    Receive(usize, usize),
    /// Polls a future that was created before.
    PollFuture(usize),
    DropFuture(usize),

    TryReserve(usize),
    /// The numbers are those of permits to reserve and of permits to use.
    TryReserveMany(usize, usize, usize),
    SendOnPermit(usize),
    ReleasePermit(usize),
    DropPermit(usize),

    PollReady(usize),
    StartSend(usize),
    CloseSink(usize),
    PollRecv(usize),

    /// Sets the capacity through a sender or a receiver.
    SetCapacity(usize, usize),
    Close(usize),
    CloneSender(usize),
    DropSender(usize),
    CloneReceiver(usize),
    DropReceiver(usize),
    DowngradeSender(usize),
    UpgradeSender(usize),
    DowngradeReceiver(usize),
    UpgradeReceiver(usize),
    DropWeak(usize),
}

/// Generates an operation. Operations that move messages are more frequent than those that close
/// the channel.
pub(crate) fn any() -> impl Strategy<Value = Operation> {
    use Operation::*;
    let which = 0_usize..8;
    let few = 0_usize..5;
    let one = || which.clone();
    let some = || (which.clone(), few.clone());
    prop_oneof![
        8 => one().prop_map(TrySend),
        4 => some().prop_map(|(which, count)| TrySendMany(which, count)),
        4 => one().prop_map(ForceSend),
        8 => one().prop_map(TryRecv),
        4 => some().prop_map(|(which, limit)| TryRecvMany(which, limit)),
        2 => some().prop_map(|(which, limit)| Drain(which, limit)),
        8 => one().prop_map(Send),
        4 => some().prop_map(|(which, count)| SendMany(which, count)),
        6 => one().prop_map(Reserve),
        6 => (one(), 0_usize..7, few.clone())
            .prop_map(|(which, count, used)| ReserveMany(which, count, used)),
        8 => some().prop_map(|(which, limit)| Receive(which, limit)),
        20 => one().prop_map(PollFuture),
        6 => one().prop_map(DropFuture),
        4 => one().prop_map(TryReserve),
        4 => (one(), 0_usize..7, few.clone())
            .prop_map(|(which, count, used)| TryReserveMany(which, count, used)),
        6 => one().prop_map(SendOnPermit),
        2 => one().prop_map(ReleasePermit),
        2 => one().prop_map(DropPermit),
        6 => one().prop_map(PollReady),
        6 => one().prop_map(StartSend),
        1 => one().prop_map(CloseSink),
        6 => one().prop_map(PollRecv),
        6 => (one(), 0_usize..7).prop_map(|(which, capacity)| SetCapacity(which, capacity)),
        3 => one().prop_map(Close),
        3 => one().prop_map(CloneSender),
        2 => one().prop_map(DropSender),
        3 => one().prop_map(CloneReceiver),
        2 => one().prop_map(DropReceiver),
        2 => one().prop_map(DowngradeSender),
        3 => one().prop_map(UpgradeSender),
        2 => one().prop_map(DowngradeReceiver),
        3 => one().prop_map(UpgradeReceiver),
        1 => one().prop_map(DropWeak),
    ]
}
