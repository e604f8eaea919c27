//! Every method of tokio's bounded channel, run through the same text against tokio and this crate.
//!
//! The modules in `scenarios` are compiled twice; in them `mpsc` is one crate or the other. That
//! they compile shows that `use mpmc_std as mpsc;` is all that a program has to change, and that they
//! log the same shows that it goes on to do the same. What differs is at the end.
#![cfg(not(loom))]
// That is the point.
#![allow(clippy::duplicate_mod)]

#[path = "../harness/mod.rs"]
mod harness;

mod ours;
mod tokios;

/// What a scenario saw, line by line.
#[derive(Debug, Default, PartialEq)]
struct Log(Vec<String>);

impl Log {
    fn note(&mut self, what: &str, value: impl std::fmt::Debug) {
        self.0.push(format!("{what}: {value:?}"));
    }
}

fn log_of(scenario: fn(&mut Log)) -> Log {
    let mut log = Log::default();
    scenario(&mut log);
    assert!(
        !log.0.is_empty(),
        "a scenario that sees nothing shows nothing"
    );
    log
}

/// One test for each scenario: both channels log the same.
macro_rules! same {
    ($($module:ident { $($scenario:ident)* })*) => {
        $(mod $module {
            $(#[test]
            fn $scenario() {
                let theirs = crate::log_of(crate::tokios::scenarios::$module::$scenario);
                let ours = crate::log_of(crate::ours::scenarios::$module::$scenario);
                for (theirs, ours) in theirs.0.iter().zip(&ours.0) {
                    assert_eq!(theirs, ours, "tokio on the left");
                }
                assert_eq!(theirs, ours);
            })*
        })*
    };
}

same! {
    sending {
        send_waits_for_room
        send_to_a_closed_channel
        try_send
        blocking_send
        closed_and_is_closed
        capacity_and_max_capacity
        same_channel
        counts_of_handles
        weak_senders
        dropping_senders_ends_the_channel
        freed_slots_wake_as_many_senders
    }
    receiving {
        recv
        recv_many
        a_cancelled_recv
        try_recv
        blocking_recv
        blocking_recv_many
        close_drains
        is_closed
        len_and_is_empty
        capacity
        poll_recv
        poll_recv_many
        the_last_receiver_drops_what_is_left
    }
    permits {
        reserve
        reserve_many
        reserve_owned
        try_reserve
        try_reserve_many
        try_reserve_owned
        unusual_numbers
        a_cancelled_reserve
        a_cancelled_reserve_many
        permits_outlive_close
        permits_wake_those_who_wait
        permit_iterator
        owned_permit
        permits_without_a_receiver
    }
    errors {
        send_error
        try_send_error
        try_recv_error
        send_timeout_error
        standard_traits
    }
    types {
        signatures
        futures_are_send
        auto_traits
        auto_traits_of_futures
        debug_output_exists
        any_message_type
        panics_name_the_caller
    }
}

#[cfg(feature = "tokio")]
same! {
    timeouts {
        send_timeout
        send_timeout_without_a_runtime
        blocking_calls_inside_a_task
    }
}

/// One test for each difference: what both log, and what tokio and this crate log differently.
macro_rules! different {
    ($($(#[$doc:meta])* $scenario:ident { $($what:literal: $theirs:literal | $ours:literal)* })*) => {
        mod differences {
            $($(#[$doc])* #[test]
            fn $scenario() {
                let theirs = crate::log_of(crate::tokios::scenarios::differences::$scenario);
                let ours = crate::log_of(crate::ours::scenarios::differences::$scenario);
                assert_eq!(theirs.0, [$(concat!($what, ": ", $theirs)),*]);
                assert_eq!(ours.0, [$(concat!($what, ": ", $ours)),*]);
            })*
        }
    };
}

different! {
    /// tokio hands freed room to the first in line; here whoever comes first gets it, which keeps a busy
    /// channel busy.
    freed_room {
        "woken": "true" | "true"
        "room": "0" | "1"
        "sent by another": "false" | "true"
        "sent after all": "true" | "false"
    }
    /// A woken sender holds nothing yet, so there is nothing that a receiver should wait for.
    closed_before_a_woken_sender_looks {
        "receiver": "Pending" | "Ready(None)"
        "sender": "true" | "true"
    }
    /// Nobody will fetch it.
    message_on_a_permit_without_a_receiver {
        "dropped": "0" | "1"
        "dropped with the sender": "1" | "1"
    }
    /// Only a call that would block stops other tasks. So the feature `tokio` changes no call that works without it.
    blocking_calls_that_need_no_wait_inside_a_task {
        "send panics": "true" | "false"
        "recv panics": "true" | "false"
    }
    /// The count of permits has 16 bits.
    many_permits {
        "65_535": "true" | "true"
        "65_536": "true" | "false"
    }
}
