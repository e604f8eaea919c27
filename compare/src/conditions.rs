//! What a measurement needs of its process and of the machine, beside the channel.

use std::io;

use crate::load::Load;
use crate::system;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conditions {
    /// All cores, and nothing else to do for them.
    Plain,
    /// All threads of the process on the same core, scheduled as those of most programs are.
    OneCore,
    /// As many busy loops of low priority as the machine of the published figures has cores.
    Loaded,
}

impl Conditions {
    /// Makes it so, until what is returned is dropped.
    ///
    /// To be called before anything else in the process: channels ask for the number of cores, some
    /// of them once for all.
    pub fn establish(self) -> io::Result<Option<Load>> {
        match self {
            Self::Plain => Ok(None),
            Self::OneCore => {
                // The policy decides what a blocked thread costs there, and programs have the
                // ordinary one.
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
