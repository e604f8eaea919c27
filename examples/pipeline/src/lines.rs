//! Cuts a byte stream into messages: lines, each at most [`LONGEST`] bytes.

use std::io::{self, BufRead, Read};
use std::mem;

/// A longer line travels in pieces, so that a file without line ends cannot fill the memory. The cut is
/// made after a white space where there is one; a word longer than this becomes several.
const LONGEST: usize = 64 * 1024;

/// One message to the workers.
pub(crate) struct Line {
    /// With its line end, so that its length is what was read.
    pub(crate) text: String,
    pub(crate) place: Place,
}

/// Where in a line a piece begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Start,
    /// The message before this one was the piece before it.
    Middle,
}

/// An iterator over the lines of a text. Fails with `InvalidData` at the first line that is not UTF-8.
pub(crate) struct Lines<R> {
    source: R,
    /// Read, but cut off from the piece before.
    rest: Vec<u8>,
    next_place: Place,
    /// The number of lines begun.
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

/// Where to cut a piece that the line goes on behind.
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
