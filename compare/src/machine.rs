//! The machine and the versions that the results belong to.

use std::fmt;
use std::fs;
use std::thread;

use time::OffsetDateTime;

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
    /// The day of the run, in UTC.
    pub date: String,
}

impl Machine {
    pub fn detect() -> Self {
        Self {
            processor: processor().unwrap_or_else(|| "unknown processor".into()),
            cores: thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            compiler: env!("RUSTC_VERSION"),
            date: OffsetDateTime::now_utc().date().to_string(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            processor,
            cores,
            system,
            compiler,
            date,
        } = self;
        write!(
            f,
            "{date}: {processor}, {cores} threads at once, {system}; {compiler}"
        )
    }
}

/// Returns the name that Linux reports; on other systems the report says that it is unknown.
fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Returns the names of peers with the versions of their crates.
pub fn versions_of<'a>(peers: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let peers = peers.into_iter();
    let named = peers.map(|peer| {
        let version = version_of(peer).unwrap_or("of the compiler");
        format!("{peer} {version}")
    });
    named.collect()
}

/// Returns the version of a peer's crate.
fn version_of(peer: &str) -> Option<&'static str> {
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
