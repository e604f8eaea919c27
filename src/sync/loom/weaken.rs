//! Weakens one atomic access, so that `.ci/orderings` can tell whether a model depends on it.
//!
//! The environment variable `MPMC_WEAKEN` says which. It is read when the process makes its first
//! access, so that one build serves every weakening. If it is not set, nothing changes.
//!
//! | value | effect |
//! |---|---|
//! | `FILE:LINE:COLUMN=ORDERINGS` | the access that is written at this place uses these orderings |
//! | `record=FILE` | each access that is made is appended to the file, once, in the same form |
//!
//! The place is that of the method's name. A compare-exchange has two orderings, with a comma
//! between them.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Write;
use std::panic::Location;
use std::sync::{Mutex, OnceLock};

use loom::sync::atomic::Ordering;

/// The request of the environment variable.
enum Mode {
    Unchanged,
    Record(Mutex<Recording>),
    Weaken(Weakening),
}

struct Recording {
    file: File,
    seen: HashSet<&'static Location<'static>>,
}

struct Weakening {
    file: String,
    line: u32,
    column: u32,
    orderings: Vec<Ordering>,
}

/// Returns the orderings that the access of the caller's caller is to use instead of `orderings`.
#[track_caller]
pub(super) fn weakened<const N: usize>(orderings: [Ordering; N]) -> [Ordering; N] {
    static MODE: OnceLock<Mode> = OnceLock::new();
    let place = Location::caller();
    match MODE.get_or_init(Mode::from_environment) {
        Mode::Unchanged => orderings,
        Mode::Record(recording) => {
            recording.lock().unwrap().add(place, &orderings);
            orderings
        }
        Mode::Weaken(weakening) if weakening.is_at(place) => {
            let weaker = weakening.orderings.as_slice().try_into();
            weaker.expect("MPMC_WEAKEN: another number of orderings")
        }
        Mode::Weaken(_) => orderings,
    }
}

impl Mode {
    fn from_environment() -> Self {
        let Ok(value) = std::env::var("MPMC_WEAKEN") else {
            return Self::Unchanged;
        };
        if let Some(path) = value.strip_prefix("record=") {
            let file = fs::OpenOptions::new().create(true).append(true).open(path);
            return Self::Record(Mutex::new(Recording {
                file: file.expect("MPMC_WEAKEN: the file can be written"),
                seen: HashSet::new(),
            }));
        }
        Self::Weaken(Weakening::parse(&value).expect("MPMC_WEAKEN: see src/sync/loom/weaken.rs"))
    }
}

impl Recording {
    fn add(&mut self, place: &'static Location<'static>, orderings: &[Ordering]) {
        if self.seen.insert(place) {
            let orderings: Vec<_> = orderings.iter().map(|order| format!("{order:?}")).collect();
            // One write for each line, as other processes may append to the same file.
            let line = format!("{place}={}\n", orderings.join(","));
            self.file.write_all(line.as_bytes()).unwrap();
        }
    }
}

impl Weakening {
    fn parse(value: &str) -> Option<Self> {
        let (place, orderings) = value.split_once('=')?;
        let mut place = place.rsplitn(3, ':');
        let column = place.next()?.parse().ok()?;
        let line = place.next()?.parse().ok()?;
        let file = place.next()?.to_owned();
        let orderings = orderings.split(',').map(ordering).collect::<Option<_>>()?;
        Some(Self {
            file,
            line,
            column,
            orderings,
        })
    }

    fn is_at(&self, place: &Location<'_>) -> bool {
        (self.line, self.column) == (place.line(), place.column()) && self.file == place.file()
    }
}

fn ordering(name: &str) -> Option<Ordering> {
    Some(match name {
        "Relaxed" => Ordering::Relaxed,
        "Acquire" => Ordering::Acquire,
        "Release" => Ordering::Release,
        "AcqRel" => Ordering::AcqRel,
        "SeqCst" => Ordering::SeqCst,
        _ => return None,
    })
}
