//! The first stage: finds texts, reads them and sends their lines.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use ignore::WalkBuilder;
use indicatif::ProgressBar;
use mpmc_std::Sender;
use mpmc_std::error::SendError;

use crate::lines::{Line, Lines};

/// The number of bytes of a file that are checked to distinguish text from other data.
const HEAD: usize = 8 * 1024;

/// The counts of the reader.
#[derive(Default)]
pub(crate) struct Reading {
    /// The number of texts read, completely or in part.
    pub(crate) files: u64,
    /// The number of these texts whose rest could not be read.
    pub(crate) cut_short: u64,
    /// The number of files that are not text.
    pub(crate) binary: u64,
    /// The number of paths that could not be read at all.
    pub(crate) unreadable: u64,
    /// The number of messages sent.
    pub(crate) sent: u64,
    /// The number of bytes in these messages.
    pub(crate) bytes: u64,
}

/// The reason why a file is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Named,
    Walked,
}

pub(crate) struct Reader {
    lines: Sender<Line>,
    progress: ProgressBar,
    reading: Reading,
}

impl Reader {
    pub(crate) fn new(lines: Sender<Line>, progress: ProgressBar) -> Self {
        Self {
            lines,
            progress,
            reading: Reading::default(),
        }
    }

    /// Sends the lines of all texts at `paths`. Blocks, and must not run on an executor's thread.
    pub(crate) fn read_all(mut self, paths: &[impl AsRef<Path>]) -> Reading {
        for path in paths {
            // An error means that the workers have ended; the counts will show the lost messages.
            if self.read_path(path.as_ref()).is_err() {
                break;
            }
        }
        self.reading
    }

    fn read_path(&mut self, path: &Path) -> Result<(), SendError<Line>> {
        if path == Path::new("-") {
            let name = Path::new("standard input");
            return self.read_text(name, io::stdin().lock(), Origin::Named);
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.walk(path),
            Ok(_) => self.read_file(path, Origin::Named),
            Err(error) => {
                self.unreadable(path, &error);
                Ok(())
            }
        }
    }

    fn walk(&mut self, directory: &Path) -> Result<(), SendError<Line>> {
        // Without this, `.gitignore` would be ignored in a tree that was unpacked from an archive.
        let walk = WalkBuilder::new(directory).require_git(false).build();
        for entry in walk {
            match entry {
                // Opening another kind of file, such as a named pipe, could block forever.
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                    self.read_file(entry.path(), Origin::Walked)?;
                }
                Ok(_) => {}
                Err(error) => {
                    self.reading.unreadable += 1;
                    self.say(&error.to_string());
                }
            }
        }
        Ok(())
    }

    fn read_file(&mut self, path: &Path, origin: Origin) -> Result<(), SendError<Line>> {
        match File::open(path) {
            Ok(file) => self.read_text(path, file, origin),
            Err(error) => {
                self.unreadable(path, &error);
                Ok(())
            }
        }
    }

    fn read_text(
        &mut self,
        name: &Path,
        source: impl Read,
        origin: Origin,
    ) -> Result<(), SendError<Line>> {
        let mut source = BufReader::with_capacity(64 * 1024, source);
        match source.fill_buf() {
            Ok(start) if is_text(start) => {}
            Ok(_) => {
                self.reading.binary += 1;
                if origin == Origin::Named {
                    self.say(&format!("{}: skipped, not UTF-8 text", name.display()));
                }
                return Ok(());
            }
            Err(error) => {
                self.unreadable(name, &error);
                return Ok(());
            }
        }
        self.reading.files += 1;
        self.progress.set_message(name.display().to_string());
        let mut lines = Lines::new(source);
        while let Some(line) = lines.next() {
            match line {
                Ok(line) => self.send(line)?,
                Err(error) => {
                    self.reading.cut_short += 1;
                    let number = lines.number;
                    self.say(&format!(
                        "{}: stopped at line {number}, what is before it counts: {error}",
                        name.display(),
                    ));
                    break;
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, line: Line) -> Result<(), SendError<Line>> {
        let bytes = line.text.len() as u64;
        self.lines.blocking_send(line)?;
        self.reading.sent += 1;
        self.reading.bytes += bytes;
        Ok(())
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        self.reading.unreadable += 1;
        self.say(&format!("{}: {error}", path.display()));
    }

    /// Writes a line on stderr, above the progress display if there is one.
    fn say(&self, message: &str) {
        self.progress.suspend(|| {
            // Unlike `eprintln!`, this does not panic if stderr is closed.
            let _ = writeln!(io::stderr(), "pipeline: {message}");
        });
    }
}

/// Returns whether the first bytes of a file could be UTF-8 text.
fn is_text(start: &[u8]) -> bool {
    let head = &start[..start.len().min(HEAD)];
    let utf8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        // Without a length, the error is only a character that continues after the head.
        Err(error) => error.error_len().is_none(),
    };
    utf8 && !head.contains(&0)
}
