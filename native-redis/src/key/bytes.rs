//! Bytes of a key: borrowed, or few enough to need no allocation.

use std::fmt;
use std::ops::Deref;

/// Room for the longest address and its prefix.
const ROOM: usize = 47;

/// The bytes of a [`Key`](crate::Key); dereferences to them.
#[derive(Clone)]
pub struct KeyBytes<'a>(Repr<'a>);

#[derive(Clone)]
enum Repr<'a> {
    Borrowed(&'a [u8]),
    Short { bytes: [u8; ROOM], len: u8 },
    Long(Vec<u8>),
}

impl<'a> KeyBytes<'a> {
    /// Bytes that are there already.
    #[inline]
    #[must_use]
    pub const fn borrowed(bytes: &'a [u8]) -> Self {
        Self(Repr::Borrowed(bytes))
    }

    /// No bytes, to be added to.
    #[must_use]
    pub const fn new() -> Self {
        Self(Repr::Short { bytes: [0; ROOM], len: 0 })
    }

    /// Adds bytes at the end. Up to 47 bytes need no allocation.
    pub fn push(&mut self, more: &[u8]) {
        if let Repr::Short { bytes, len } = &mut self.0 {
            let start = usize::from(*len);
            if let Some(room) = bytes.get_mut(start..start + more.len()) {
                room.copy_from_slice(more);
                *len = (start + more.len()) as u8;
                return;
            }
        }
        if let Repr::Long(bytes) = &mut self.0 {
            bytes.extend_from_slice(more);
        } else {
            self.0 = Repr::Long([&**self, more].concat());
        }
    }
}

impl Default for KeyBytes<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for KeyBytes<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.0 {
            Repr::Borrowed(bytes) => bytes,
            Repr::Short { bytes, len } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Repr::Long(bytes) => bytes,
        }
    }
}

impl fmt::Debug for KeyBytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.escape_ascii())
    }
}

impl fmt::Write for KeyBytes<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

impl From<String> for KeyBytes<'_> {
    fn from(text: String) -> Self {
        Self(Repr::Long(text.into_bytes()))
    }
}

impl From<Vec<u8>> for KeyBytes<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Repr::Long(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_bytes_can_be_added() {
        for start in [KeyBytes::new(), KeyBytes::borrowed(b"abc"), KeyBytes::from(vec![1, 2])] {
            let (mut key, mut expected) = (start.clone(), start.to_vec());
            for length in [0, 1, 40, 6, 1, 0, 200] {
                let more = vec![length as u8; length];
                key.push(&more);
                expected.extend(&more);
                assert_eq!(*key, *expected);
            }
        }
    }
}
