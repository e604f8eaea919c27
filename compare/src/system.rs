//! What only the operating system can change or tell: the cores of a process, its priority, its
//! processor time.
//!
//! On Linux. Elsewhere each call fails, and the list of rows leaves out those that need one.

#![cfg_attr(target_os = "linux", allow(unsafe_code))]

/// Whether this module can do anything here.
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

    /// Leaves the process the first of the cores that it may use. Threads that are started later
    /// inherit it.
    pub fn pin_to_one_core() -> io::Result<()> {
        // SAFETY: a `cpu_set_t` is an array of integers, so all zeros, which is no core, is one.
        let mut cores: libc::cpu_set_t = unsafe { MaybeUninit::zeroed().assume_init() };
        let size = size_of::<libc::cpu_set_t>();
        // SAFETY: writes at most `size` bytes, which is what `cores` has.
        check(unsafe { libc::sched_getaffinity(0, size, &mut cores) })?;
        // SAFETY: all numbers below CPU_SETSIZE are within the set.
        let is_usable = |core: &usize| unsafe { libc::CPU_ISSET(*core, &cores) };
        let first = (0..libc::CPU_SETSIZE as usize)
            .find(is_usable)
            .ok_or(io::ErrorKind::NotFound)?;
        // SAFETY: as above.
        let mut one: libc::cpu_set_t = unsafe { MaybeUninit::zeroed().assume_init() };
        // SAFETY: as above.
        unsafe { libc::CPU_SET(first, &mut one) };
        // SAFETY: reads `size` bytes, which is what `one` has.
        check(unsafe { libc::sched_setaffinity(0, size, &one) })
    }

    /// Leaves a real-time policy, if the process was started with one. Under such a policy other
    /// programs get no time beside it.
    pub fn use_ordinary_scheduling() -> io::Result<()> {
        let priority = libc::sched_param { sched_priority: 0 };
        // SAFETY: `priority` outlives the call, which reads it.
        check(unsafe { libc::sched_setscheduler(0, libc::SCHED_OTHER, &priority) })
    }

    /// Sets the priority to a nice value of 10.
    pub fn lower_priority() -> io::Result<()> {
        // SAFETY: takes and returns numbers only.
        check(unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) })
    }

    /// The processor time of all threads of this process until now.
    pub fn processor_time() -> io::Result<Duration> {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: writes one `timespec`.
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
            // In a thread of its own: threads of the test harness keep their cores.
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
