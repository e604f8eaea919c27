//! The messages: several kinds, each made from a number.

/// A message. The bounds are the strictest that a peer requires (thingbuf: `Default`, `Clone` and
/// `Sync`, crossfire: `Unpin`).
pub trait Message: Clone + Default + Unpin + Send + Sync + 'static {
    fn new(number: u64) -> Self;
    fn number(&self) -> u64;
}

impl Message for u64 {
    fn new(number: u64) -> Self {
        number
    }

    fn number(&self) -> u64 {
        *self
    }
}

impl Message for usize {
    fn new(number: u64) -> Self {
        number as usize
    }

    fn number(&self) -> u64 {
        *self as u64
    }
}

/// A message of `WORDS` times 8 bytes.
impl<const WORDS: usize> Message for [u64; WORDS]
where
    [u64; WORDS]: Default,
{
    fn new(number: u64) -> Self {
        [number; WORDS]
    }

    fn number(&self) -> u64 {
        self[0]
    }
}

/// A message that was allocated by its sender and is freed by its receiver.
impl Message for Box<u64> {
    fn new(number: u64) -> Self {
        Box::new(number)
    }

    fn number(&self) -> u64 {
        **self
    }
}

/// The kind of message that a scenario sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    Bytes8,
    Bytes64,
    Bytes256,
    Boxed,
}

impl Payload {
    pub fn name(self) -> &'static str {
        match self {
            Self::Bytes8 => "8 B",
            Self::Bytes64 => "64 B",
            Self::Bytes256 => "256 B",
            Self::Boxed => "Box",
        }
    }
}
