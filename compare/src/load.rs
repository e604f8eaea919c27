//! Other programs that keep the cores busy: copies of this one, with a nice value of 10.

use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::system;

/// The number of loops.
const LOOPS: usize = 2;

/// Loops that run until this is dropped, also if that happens by a panic.
#[must_use]
#[derive(Default)]
pub struct Load {
    loops: Vec<Child>,
}

impl Load {
    /// Starts the loops, and returns when all of them run.
    pub fn start() -> io::Result<Self> {
        let mut load = Self::default();
        for _ in 0..LOOPS {
            let child = Command::new(std::env::current_exe()?)
                .arg("load")
                // Closed whenever this process ends; see `run`.
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()?;
            load.loops.push(child);
        }
        for child in &mut load.loops {
            let mut started = [0];
            let output = child.stdout.as_mut().expect("piped above");
            output.read_exact(&mut started)?;
        }
        Ok(load)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.loops {
            // An error means that it has already ended.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs one of the loops: keeps a core busy until the process that started it kills it, or has
/// ended.
pub fn run() -> io::Result<()> {
    system::use_ordinary_scheduling()?;
    system::lower_priority()?;
    let parent = thread::spawn(|| io::copy(&mut io::stdin(), &mut io::sink()));
    let mut output = io::stdout();
    output.write_all(b"1")?;
    output.flush()?;
    while !parent.is_finished() {
        std::hint::spin_loop();
    }
    Ok(())
}
