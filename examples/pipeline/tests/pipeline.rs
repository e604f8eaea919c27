//! The text pipeline of this package, from the outside: counts, messages and exit codes.

#[path = "../../common/program.rs"]
mod program;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::thread;

use program::{Program, read_all};

/// The result of a finished run.
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the pipeline with `input` on its standard input.
fn run_with_input(arguments: &[&str], input: impl Into<Vec<u8>>) -> Run {
    let mut program = Program::start(env!("CARGO_BIN_EXE_pipeline"), arguments);
    let stdout = read_all(program.child.stdout.take().expect("stdout is piped"));
    let stderr = read_all(program.child.stderr.take().expect("stderr is piped"));
    let mut stdin = program.child.stdin.take().expect("stdin is piped");
    let input = input.into();
    // In a thread, because a pipeline that hangs stops reading, and the test must still detect
    // that. It is not an error if it does not read its input to the end.
    thread::spawn(move || stdin.write_all(&input));
    Run {
        code: program.wait().code(),
        stdout: stdout.join().expect("stdout is read to its end"),
        stderr: stderr.join().expect("stderr is read to its end"),
    }
}

fn run(arguments: &[&str]) -> Run {
    run_with_input(arguments, "")
}

impl Run {
    /// Returns the numbers in the rows with this name and so many columns.
    fn row<const COLUMNS: usize>(&self, name: &str) -> Option<[u64; COLUMNS]> {
        self.stdout.lines().find_map(|line| {
            let figures: Option<Vec<u64>> = line
                .strip_prefix(name)?
                .split_whitespace()
                .map(|figure| figure.replace(',', "").parse().ok())
                .collect();
            figures?.try_into().ok()
        })
    }

    /// Returns a count in the list of words, or a count of the text.
    fn figure(&self, name: &str) -> Option<u64> {
        self.row(name).map(|[figure]| figure)
    }

    /// Checks that both channels delivered all messages, and that there was a result for each line
    /// and for each worker.
    fn assert_nothing_lost(&self, lines: u64, workers: u64) {
        let [sent, received, _] = self.row("lines").expect(&self.stdout);
        assert_eq!((sent, received), (lines, lines));
        let [sent, received, _] = self.row("results").expect(&self.stdout);
        assert_eq!((sent, received), (lines + workers, lines + workers));
    }
}

/// A directory for one test, removed at its end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        // Not in cargo's target directory: the pipeline respects the ignore rules of all
        // directories above, and these usually exclude `target`.
        let name = format!("mpmc-std-pipeline-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("the directory for temporary files can be written");
        Self(path)
    }

    /// Writes a file, and returns its path.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.0.join(name), content).expect("the directory is ours");
        self.path(name)
    }

    /// Returns the path of a file in the directory, which need not exist.
    fn path(&self, name: &str) -> String {
        let path = self.0.join(name);
        path.to_str().expect("test names are ASCII").to_owned()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn known_files_give_known_figures() {
    let directory = Directory::new("known");
    let first = "The quick fox\n\nthe lazy dog, 42 times\n";
    let second = "THE_END of the Straße STRASSE ÄPFEL äpfel";
    directory.file("first", first);
    directory.file("second", second);
    directory.file("empty", "");

    let run = run(&[&directory.path(""), "--workers", "3"]);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (Some(0), ""),
        "{}",
        run.stdout
    );
    for (word, count) in [
        ("the", 3),
        ("äpfel", 2),
        ("the_end", 1),
        ("straße", 1),
        ("strasse", 1),
    ] {
        assert_eq!(run.figure(&format!("{word} ")), Some(count), "{word}");
    }
    assert_eq!(run.figure("42"), None, "a number is no word");
    assert_eq!(run.figure("files"), Some(3));
    assert_eq!(run.figure("lines"), Some(4));
    assert_eq!(run.figure("words"), Some(14));
    assert_eq!(run.figure("different words"), Some(11));
    assert_eq!(
        run.figure("bytes"),
        Some((first.len() + second.len()) as u64)
    );
    run.assert_nothing_lost(4, 3);
}

#[test]
fn the_most_frequent_words_come_first() {
    let input = "b a c\nb a d\nb e";
    let list = |top| {
        let stdout = run_with_input(&["-", "--top", top], input).stdout;
        let words = stdout
            .lines()
            .skip(1)
            .map_while(|line| line.split_whitespace().next());
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(list("2"), ["b", "a"]);
    assert_eq!(list("9"), ["b", "a", "c", "d", "e"]);
}

#[test]
fn standard_input_is_streamed_through_the_smallest_channels() {
    let line = "one two three\n";
    let arguments = ["-", "--capacity", "1", "--workers", "4", "--quiet"];
    let run = run_with_input(&arguments, line.repeat(3_000));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.figure("three"), Some(3_000));
    assert_eq!(run.figure("bytes"), Some(3_000 * line.len() as u64));
    run.assert_nothing_lost(3_000, 4);
}

#[test]
fn a_line_too_long_for_one_message_is_still_one_line() {
    // No multiple of a word's length is a power of two, so a cut at such a fixed length would split
    // words.
    let run = run_with_input(&["-"], "wörter ".repeat(30_000) + "\nende\n");
    assert_eq!(run.figure("wörter"), Some(30_000));
    assert_eq!(run.figure("different words"), Some(2));
    assert_eq!(run.figure("lines"), Some(2));
    assert_eq!(run.figure("bytes"), Some(8 * 30_000 + 6));
    // A very long word does not fill the memory either, and is not cut in the middle of a
    // character.
    let run = run_with_input(&["-"], format!("a{}", "ä".repeat(100_000)));
    assert_eq!(
        (run.code, run.figure("read in part")),
        (Some(0), None),
        "{}",
        run.stderr
    );
    assert_eq!(run.figure("lines"), Some(1));
    assert_eq!(run.figure("bytes"), Some(200_001));
}

#[test]
fn what_cannot_be_read_is_reported_and_skipped() {
    let directory = Directory::new("unreadable");
    let good = directory.file("good", "good text\n");
    let latin = directory.file("latin", b"caf\xE9\n");
    let missing = directory.path("missing");

    let run = run(&[&missing, &latin, &good]);
    assert_eq!(run.code, Some(0));
    assert_eq!(run.stderr.lines().count(), 2, "{}", run.stderr);
    assert!(
        run.stderr.contains(&format!("{missing}: ")),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains(&format!("{latin}: skipped")),
        "{}",
        run.stderr
    );
    assert_eq!(run.figure("files"), Some(1));
    assert_eq!(run.figure("unreadable"), Some(1));
    assert_eq!(run.figure("skipped as binary"), Some(1));
    assert_eq!(run.figure("words"), Some(2));
}

#[test]
fn a_walk_counts_binary_files_and_leaves_out_ignored_ones() {
    let directory = Directory::new("walk");
    directory.file("text", "some text\n");
    directory.file("binary", b"ELF\0\x01\x02");
    directory.file("latin", b"caf\xE9\n");
    directory.file(".hidden", "not read\n");
    directory.file("ignored", "not read\n");
    directory.file(".gitignore", "ignored\n");

    let run = run(&[&directory.path("")]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert_eq!(run.figure("files"), Some(1));
    assert_eq!(run.figure("skipped as binary"), Some(2));
    assert_eq!(run.figure("bytes"), Some(10));
}

#[test]
fn a_text_that_stops_being_utf8_counts_up_to_there() {
    let directory = Directory::new("cut-short");
    let mut content = "good line\n".repeat(2_000).into_bytes();
    content.extend(b"bad \xFF line\n");
    content.extend(b"unread line\n");
    let path = directory.file("text", content);

    let run = run(&[&path, "--workers", "2"]);
    assert_eq!(run.code, Some(0));
    let expected = format!("{path}: stopped at line 2001");
    assert!(run.stderr.contains(&expected), "{}", run.stderr);
    assert_eq!(run.figure("read in part"), Some(1));
    assert_eq!(run.figure("lines"), Some(2_000));
    assert_eq!(run.figure("bytes"), Some(20_000));
    run.assert_nothing_lost(2_000, 2);
}

#[test]
fn nothing_readable_is_an_error() {
    let directory = Directory::new("nothing");
    let missing = directory.path("missing");
    for arguments in [&[missing.as_str()][..], &[&directory.path("")]] {
        let run = run(arguments);
        assert_eq!(run.code, Some(1), "{arguments:?}");
        assert_eq!(run.stdout, "");
        assert!(
            run.stderr.ends_with("nothing could be read\n"),
            "{}",
            run.stderr
        );
    }
    let run = run_with_input(&["-"], b"\0".repeat(100_000));
    assert_eq!(run.code, Some(1), "{}", run.stdout);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut program = Program::start(env!("CARGO_BIN_EXE_pipeline"), &["-"]);
    let stderr = read_all(program.child.stderr.take().expect("stderr is piped"));
    // The report is written after the end of the input, when its reader has ended.
    drop(program.child.stdout.take());
    drop(program.child.stdin.take());
    let status = program.wait();
    assert_eq!(stderr.join().expect("stderr is read to its end"), "");
    assert_eq!(status.code(), Some(0));
}

#[test]
fn the_options_explain_themselves() {
    let help = run(&["--help"]);
    assert_eq!(help.code, Some(0));
    for option in ["[PATH]", "--workers", "--capacity", "--top", "--quiet"] {
        assert!(help.stdout.contains(option), "{option}");
    }
    for arguments in [
        ["--workers", "0"],
        ["--capacity", "0"],
        ["--capacity", "99999999999"],
    ] {
        let run = run(&arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}");
        assert!(run.stderr.contains(arguments[0]), "{}", run.stderr);
    }
}
