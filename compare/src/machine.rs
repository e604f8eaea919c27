//! The machine and the versions that the results belong to.

use std::fs;
use std::thread;

use crate::peers::crate_of;

/// The lock file that this program was built with, which contains all versions.
const LOCK_FILE: &str = include_str!("../Cargo.lock");

#[derive(Clone, Debug)]
pub struct Machine {
    pub processor: String,
    /// The number of threads that can run at the same time.
    pub cores: usize,
    pub system: String,
    pub compiler: &'static str,
}

impl Machine {
    pub fn detect() -> Self {
        Self {
            processor: processor().unwrap_or_else(|| "unknown processor".into()),
            cores: thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            compiler: env!("RUSTC_VERSION"),
        }
    }
}

/// Returns the name that Linux reports; on other systems the report says that it is unknown.
fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Returns the version of a peer's crate.
pub fn version_of(peer: &str) -> Option<&'static str> {
    let name = format!("name = \"{}\"", crate_of(peer)?);
    let mut lines = LOCK_FILE.lines().skip_while(|line| *line != name);
    let version = lines.nth(1)?.strip_prefix("version = ")?;
    Some(version.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn versions_come_from_the_lock_file() {
        assert!(version_of("tokio").unwrap().starts_with("1."));
        assert_eq!(version_of("crossfire-mpsc"), version_of("crossfire"));
        assert_eq!(version_of("std"), None);
    }
}
