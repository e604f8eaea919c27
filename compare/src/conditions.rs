//! The conditions that a measurement needs in its process and on the machine, beside the channel.

use std::io;

use crate::load::Load;
use crate::system;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conditions {
    /// All cores, and no other load on them.
    Plain,
    /// All cores, scheduled as in most programs.
    OrdinaryScheduling,
    /// All threads of the process on the same core, scheduled as in most programs.
    OneCore,
    /// As many busy loops of low priority as the machine of the published results has cores.
    Loaded,
}

impl Conditions {
    /// Establishes the condition, until the returned value is dropped.
    ///
    /// Call this before anything else in the process: channels ask for the number of cores, some of
    /// them only once.
    pub fn establish(self) -> io::Result<Option<Load>> {
        match self {
            Self::Plain => Ok(None),
            Self::OrdinaryScheduling => {
                // The policy determines the cost of a blocked thread, and programs have the
                // ordinary policy.
                system::use_ordinary_scheduling()?;
                Ok(None)
            }
            Self::OneCore => {
                system::use_ordinary_scheduling()?;
                system::pin_to_one_core()?;
                Ok(None)
            }
            Self::Loaded => {
                // Under a real-time policy the loops would get no time beside the measurement.
                system::use_ordinary_scheduling()?;
                Load::start().map(Some)
            }
        }
    }
}
