//! Numbers as keys: their decimal digits.

use super::{Key, KeyBytes};

/// Digits of the largest `u64`.
const MOST_DIGITS: usize = 20;

fn digits_of(number: u64) -> KeyBytes<'static> {
    let mut digits = [0; MOST_DIGITS];
    let (mut start, mut rest) = (MOST_DIGITS, number);
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        start -= 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let mut key = KeyBytes::new();
    key.push(digits.get(start..).unwrap_or_default());
    key
}

macro_rules! key_of_number {
    ($($number:ty),*) => {$(
        impl Key for $number {
            fn bytes(&self) -> KeyBytes<'_> {
                digits_of(*self as u64)
            }
        }
    )*};
}

key_of_number!(u8, u16, u32, u64, usize);

macro_rules! key_of_other_number {
    ($($number:ty),*) => {$(
        impl Key for $number {
            fn bytes(&self) -> KeyBytes<'_> {
                use std::fmt::Write;
                let mut key = KeyBytes::new();
                // Writing to a key cannot fail.
                let _ = write!(key, "{self}");
                key
            }
        }
    )*};
}

key_of_other_number!(u128, i8, i16, i32, i64, i128, isize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_their_digits() {
        for number in [0, 7, 10, 99, 12_345, u64::MAX] {
            assert_eq!(*number.bytes(), *number.to_string().into_bytes());
        }
        assert_eq!(*(-5_i32).bytes(), *b"-5");
        assert_eq!(*300_u16.bytes(), *b"300");
        assert_eq!(*u128::MAX.bytes(), *u128::MAX.to_string().into_bytes());
    }
}
