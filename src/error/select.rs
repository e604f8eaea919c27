//! The errors of [`Select`].

use core::error::Error;
use core::fmt;

#[cfg(doc)]
use crate::blocking::Select;

/// The error of [`Select::try_select`] when no operation can be done now.
///
/// # Examples
///
/// ```
/// use mpmc_std::blocking::{Select, channel};
/// use mpmc_std::error::TrySelectError;
///
/// let (_tx, rx) = channel::<u8>(1);
/// let mut select = Select::new();
/// select.recv(&rx);
/// assert_eq!(select.try_select().unwrap_err(), TrySelectError);
/// ```
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub struct TrySelectError;

/// The error of [`Select::select_timeout`] and [`Select::select_deadline`] when the time is up.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use mpmc_std::blocking::{Select, channel};
/// use mpmc_std::error::SelectTimeoutError;
///
/// let (_tx, rx) = channel::<u8>(1);
/// let mut select = Select::new();
/// select.recv(&rx);
/// let selected = select.select_timeout(Duration::from_millis(1));
/// assert_eq!(selected.unwrap_err(), SelectTimeoutError);
/// ```
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub struct SelectTimeoutError;

/// The error of [`Select::try_ready`] when no operation can be done now.
///
/// # Examples
///
/// ```
/// use mpmc_std::blocking::{Select, channel};
/// use mpmc_std::error::TryReadyError;
///
/// let (_tx, rx) = channel::<u8>(1);
/// let mut select = Select::new();
/// select.recv(&rx);
/// assert_eq!(select.try_ready(), Err(TryReadyError));
/// ```
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub struct TryReadyError;

/// The error of [`Select::ready_timeout`] and [`Select::ready_deadline`] when the time is up.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use mpmc_std::blocking::{Select, channel};
/// use mpmc_std::error::ReadyTimeoutError;
///
/// let (_tx, rx) = channel::<u8>(1);
/// let mut select = Select::new();
/// select.recv(&rx);
/// assert_eq!(select.ready_timeout(Duration::from_millis(1)), Err(ReadyTimeoutError));
/// ```
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub struct ReadyTimeoutError;

impl fmt::Display for TrySelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("all operations in select would block")
    }
}

impl fmt::Display for SelectTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("timed out waiting on select")
    }
}

impl fmt::Display for TryReadyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("all operations in select would block")
    }
}

impl fmt::Display for ReadyTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("timed out waiting on select")
    }
}

impl Error for TrySelectError {}
impl Error for SelectTimeoutError {}
impl Error for TryReadyError {}
impl Error for ReadyTimeoutError {}
