//! Settings and values of the operating system: the cores of a process, its priority, its processor
//! time.
//!
//! Available on Linux. On other systems each call fails, and the list of rows leaves out those that
//! need one.

#![cfg_attr(target_os = "linux", allow(unsafe_code))]

/// The availability of this module on this system.
pub const SUPPORTED: bool = cfg!(target_os = "linux");

#[cfg(target_os = "linux")]
pub use linux::{lower_priority, pin_to_one_core, processor_time, use_ordinary_scheduling};
#[cfg(not(target_os = "linux"))]
pub use other::{lower_priority, pin_to_one_core, processor_time, use_ordinary_scheduling};

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::mem::{MaybeUninit, size_of};
    use std::time::Duration;

    /// Restricts this thread to the first of the cores that it may use. Threads that it starts
    /// later inherit this.
    pub fn pin_to_one_core() -> io::Result<()> {
        // SAFETY: A `cpu_set_t` is an array of integers, so all zeros is a valid value, the empty
        // set.
        let mut cores: libc::cpu_set_t = unsafe { MaybeUninit::zeroed().assume_init() };
        let size = size_of::<libc::cpu_set_t>();
        // SAFETY: The call writes at most `size` bytes, the size of `cores`.
        check(unsafe { libc::sched_getaffinity(0, size, &mut cores) })?;
        // SAFETY: All numbers below CPU_SETSIZE are within the set.
        let is_usable = |core: &usize| unsafe { libc::CPU_ISSET(*core, &cores) };
        let first = (0..libc::CPU_SETSIZE as usize)
            .find(is_usable)
            .ok_or(io::ErrorKind::NotFound)?;
        // SAFETY: As above.
        let mut one: libc::cpu_set_t = unsafe { MaybeUninit::zeroed().assume_init() };
        // SAFETY: As above.
        unsafe { libc::CPU_SET(first, &mut one) };
        // SAFETY: The call reads `size` bytes, the size of `one`.
        check(unsafe { libc::sched_setaffinity(0, size, &one) })
    }

    /// Leaves a real-time scheduling policy, if the process was started with one. Under such a
    /// policy other programs get no time beside it.
    pub fn use_ordinary_scheduling() -> io::Result<()> {
        let priority = libc::sched_param { sched_priority: 0 };
        // SAFETY: `priority` outlives the call, which only reads it.
        check(unsafe { libc::sched_setscheduler(0, libc::SCHED_OTHER, &priority) })
    }

    /// Sets the priority to a nice value of 10.
    pub fn lower_priority() -> io::Result<()> {
        // SAFETY: The call takes and returns only numbers.
        check(unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) })
    }

    /// Returns the processor time of all threads of this process until now.
    pub fn processor_time() -> io::Result<Duration> {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: The call writes one `timespec`.
        check(unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) })?;
        Ok(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
    }

    fn check(result: libc::c_int) -> io::Result<()> {
        match result {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    #[cfg(test)]
    mod tests {
        use std::thread;

        use super::*;

        #[test]
        fn a_pinned_thread_has_one_core() {
            // In a thread of its own, so that the threads of the test harness keep their cores.
            let cores = thread::spawn(|| {
                pin_to_one_core().unwrap();
                thread::available_parallelism().unwrap().get()
            });
            assert_eq!(cores.join().unwrap(), 1);
        }

        #[test]
        fn processor_time_passes_while_the_process_computes() {
            let before = processor_time().unwrap();
            crate::work::compute(Duration::from_millis(5));
            assert!(processor_time().unwrap() > before);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use std::io;
    use std::time::Duration;

    pub fn pin_to_one_core() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn use_ordinary_scheduling() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn lower_priority() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn processor_time() -> io::Result<Duration> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
