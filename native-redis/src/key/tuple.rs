//! Tuples as keys: parts that cannot be mistaken for others.

use std::fmt::Write;

use super::{Key, KeyBytes};

/// Adds a part that others follow: its length, a colon, the part, a comma (a netstring).
fn push_part(key: &mut KeyBytes<'_>, part: &[u8]) {
    // Writing to a key cannot fail.
    let _ = write!(key, "{}:", part.len());
    key.push(part);
    key.push(b",");
}

macro_rules! key_of_tuple {
    ($($part:ident),* ; $last:ident) => {
        impl<$($part: Key,)* $last: Key> Key for ($($part,)* $last,) {
            #[allow(non_snake_case, reason = "parts are called like their types")]
            fn bytes(&self) -> KeyBytes<'_> {
                let ($($part,)* $last,) = self;
                let mut key = KeyBytes::new();
                $(push_part(&mut key, &$part.bytes());)*
                key.push(&$last.bytes());
                key
            }
        }
    };
}

key_of_tuple!(A; B);
key_of_tuple!(A, B; C);
key_of_tuple!(A, B, C; D);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_be_mistaken() {
        let keys = [("a", "bc"), ("ab", "c"), ("", "abc"), ("abc", ""), ("1:a,", "b"), ("a,1", ":b"), ("a", ",1:b")];
        let mut bytes: Vec<Vec<u8>> = keys.iter().map(|key| key.bytes().to_vec()).collect();
        bytes.sort();
        bytes.dedup();
        assert_eq!(bytes.len(), keys.len());
    }

    #[test]
    fn parts_may_be_of_any_kind_and_length() {
        let long = "x".repeat(100);
        assert_eq!(
            *(1_u64, "b", long.as_str(), [7_u8, 8]).bytes(),
            *[b"1:1,1:b,100:", long.as_bytes(), b",\x07\x08"].concat()
        );
    }
}
