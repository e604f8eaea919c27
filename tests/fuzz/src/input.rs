//! Choices that are made by the bytes of an input.

pub(crate) struct Input<'a> {
    bytes: &'a [u8],
}

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns a number below `limit`; 0 after the last byte.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let Some((&first, rest)) = self.bytes.split_first() else {
            return 0;
        };
        self.bytes = rest;
        usize::from(first) % limit
    }

    /// Returns an index of a list; `None` if the list is empty.
    pub(crate) fn pick<T>(&mut self, list: &[T]) -> Option<usize> {
        let which = self.below(256);
        which.checked_rem(list.len())
    }
}
