//! Runs every method of tokio's bounded channel from the same source against tokio and this crate.
//!
//! The modules in `scenarios` are compiled twice, with `mpsc` as one crate or the other. That they
//! compile shows that `use mpmc_std as mpsc;` is the only change that a program needs. That they
//! log the same shows that the program behaves the same. The differences are at the end.
// Compiling the scenarios twice is intended.
#![allow(clippy::duplicate_mod)]

mod ours;
mod tokios;

/// The log of a scenario, line by line.
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
    assert!(!log.0.is_empty(), "a scenario must log something");
    log
}

/// Defines one test for each scenario: both channels log the same.
macro_rules! same {
    ($($module:ident { $($scenario:ident)* })*) => {
        $(mod $module {
            $(#[test]
            fn $scenario() {
                let theirs = crate::tokio_parity::log_of(crate::tokio_parity::tokios::scenarios::$module::$scenario);
                let ours = crate::tokio_parity::log_of(crate::tokio_parity::ours::scenarios::$module::$scenario);
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
        send_waits_for_capacity
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
        dropped_permits_wake_waiting_tasks
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

/// Defines one test for each difference, with the logs of tokio and of this crate.
macro_rules! different {
    ($($(#[$doc:meta])* $scenario:ident { $($what:literal: $theirs:literal | $ours:literal)* })*) => {
        mod differences {
            $($(#[$doc])* #[test]
            fn $scenario() {
                let theirs = crate::tokio_parity::log_of(crate::tokio_parity::tokios::scenarios::differences::$scenario);
                let ours = crate::tokio_parity::log_of(crate::tokio_parity::ours::scenarios::differences::$scenario);
                assert_eq!(theirs.0, [$(concat!($what, ": ", $theirs)),*]);
                assert_eq!(ours.0, [$(concat!($what, ": ", $ours)),*]);
            })*
        }
    };
}

different! {
    /// tokio gives a freed slot to the first waiter. Here the first task that attempts to send gets
    /// it, which increases throughput.
    freed_slot {
        "woken": "true" | "true"
        "capacity": "0" | "1"
        "sent by another": "false" | "true"
        "sent after all": "true" | "false"
    }
    /// A woken sender holds no capacity yet, so a receiver does not wait for it.
    close_before_a_woken_sender_is_polled {
        "receiver": "Pending" | "Ready(None)"
        "sender": "true" | "true"
    }
    /// The message can no longer be received, so it is dropped at once.
    message_on_a_permit_without_a_receiver {
        "dropped": "0" | "1"
        "dropped with the sender": "1" | "1"
    }
    /// Only a call that would block stops other tasks. So the feature `tokio` does not change calls
    /// that succeed without it.
    blocking_calls_that_need_no_wait_inside_a_task {
        "send panics": "true" | "false"
        "recv panics": "true" | "false"
    }
    /// The permit counter has 16 bits.
    many_permits {
        "65_535": "true" | "true"
        "65_536": "true" | "false"
    }
}
