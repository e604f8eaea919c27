//! Cuts a byte stream into messages: lines, each at most [`LONGEST`] bytes.

use std::io::{self, BufRead, Read};
use std::mem;

/// The maximum length of a message. A longer line is sent in pieces, so that a file without line
/// ends cannot fill the memory. A line is cut after white space if there is any; a word longer than
/// this becomes several.
const LONGEST: usize = 64 * 1024;

/// One message to the workers.
pub(crate) struct Line {
    /// The text with its line end, so that its length is the number of bytes read.
    pub(crate) text: String,
    pub(crate) place: Place,
}

/// The position in a line at which a piece begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Start,
    /// The message before this one was the preceding piece.
    Middle,
}

/// An iterator over the lines of a text. Fails with `InvalidData` at the first line that is not
/// UTF-8.
pub(crate) struct Lines<R> {
    source: R,
    /// The text that was read, but cut off from the piece before.
    rest: Vec<u8>,
    next_place: Place,
    /// The number of lines that have begun.
    pub(crate) number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(source: R) -> Self {
        Self {
            source,
            rest: Vec::new(),
            next_place: Place::Start,
            number: 0,
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<io::Result<Line>> {
        let mut bytes = mem::take(&mut self.rest);
        let left = (LONGEST - bytes.len()) as u64;
        if let Err(error) = (&mut self.source).take(left).read_until(b'\n', &mut bytes) {
            return Some(Err(error));
        }
        if bytes.is_empty() {
            return None;
        }
        let place = mem::replace(&mut self.next_place, Place::Start);
        if place == Place::Start {
            self.number += 1;
        }
        if bytes.len() == LONGEST && bytes.last() != Some(&b'\n') {
            self.rest = bytes.split_off(cut(&bytes));
            self.next_place = Place::Middle;
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"));
        Some(text.map(|text| Line { text, place }))
    }
}

/// Returns the position at which to cut a piece whose line continues.
fn cut(piece: &[u8]) -> usize {
    let after_space = piece
        .iter()
        .rposition(u8::is_ascii_whitespace)
        .map(|position| position + 1);
    // The last character may be incomplete, so it goes into the next piece.
    let last_character = piece.iter().rposition(|byte| byte & 0xC0 != 0x80);
    after_space
        .or(last_character)
        .filter(|&position| position > 0)
        .unwrap_or(piece.len())
}
