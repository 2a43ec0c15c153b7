//! Keys in the store: the same from every host, so that a fleet may mix them.
//!
//! `{prefix:partition}:name:what:key`. All keys of a call share the part in braces, which is what a cluster chooses the
//! slot by. `what` is the fingerprint of a policy under the limit in force, or `block`, `limits`, `reset`.

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use crate::policy::CheckedPolicy;

/// Partitions that the keys of a limiter are divided among.
pub const PARTITIONS: u32 = 64;

/// A key as it stands in the store: any text, without what has a meaning there. Distinct keys stay distinct.
///
/// `%`, `{`, `}` and control characters become `%` and two hexadecimal digits.
#[must_use]
pub fn escape(key: &str) -> String {
    let mut escaped = String::with_capacity(key.len());
    key.chars().for_each(|c| push(&mut escaped, c));
    escaped
}

/// [`escape`] for JavaScript's strings: a surrogate that stands alone becomes `%u` and four digits.
#[must_use]
pub fn escape_utf16(key: &[u16]) -> String {
    let mut escaped = String::with_capacity(key.len());
    for unit in char::decode_utf16(key.iter().copied()) {
        match unit {
            Ok(c) => push(&mut escaped, c),
            // Writing to a `String` does not fail.
            Err(lone) => drop(write!(escaped, "%u{:04X}", lone.unpaired_surrogate())),
        }
    }
    escaped
}

/// [`escape`] for bytes: one that is not part of UTF-8 becomes `%` and two digits.
#[must_use]
pub fn escape_bytes(key: &[u8]) -> String {
    let mut escaped = String::with_capacity(key.len());
    for chunk in key.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push(&mut escaped, c));
        for byte in chunk.invalid() {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

fn push(escaped: &mut String, c: char) {
    if c.is_ascii_control() || matches!(c, '%' | '{' | '}') {
        let _ = write!(escaped, "%{:02X}", u32::from(c));
    } else {
        escaped.push(c);
    }
}

/// The partition of an escaped key: FNV-1a over its UTF-16 code units, which every host can compute.
#[must_use]
pub fn partition(escaped: &str) -> u32 {
    let hash =
        escaped.encode_utf16().fold(0x811c_9dc5_u32, |hash, unit| (hash ^ u32::from(unit)).wrapping_mul(16_777_619));
    hash % PARTITIONS
}

/// A limiter's name as a part of keys: without what separates the parts.
pub(super) fn part_of_key(name: &str) -> String {
    escape(name).replace(':', "%3A")
}

/// What tells the states of a policy under a limit from all others.
pub(super) fn fingerprint(policy: &CheckedPolicy, limit: u64) -> String {
    let CheckedPolicy { name, algorithm, window, burst, .. } = policy;
    let burst = burst.map_or(0, |burst| burst);
    let text = format!("{name}|{}|{limit}|{}|{burst}", algorithm.name(), window.as_micros());
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    base_36(hash)
}

/// Thirteen digits: enough for any number.
fn base_36(mut number: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 13];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS.get((number % 36) as usize).copied().unwrap_or(b'0');
        number /= 36;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_keys_stay_distinct() {
        let texts = ["a", "a%", "%25", "{a}", "a\n", "%0A", "%7B", "\u{7f}", "é", "%uD800", "😀"];
        let mut escaped: Vec<String> = texts.iter().map(|text| escape(text)).collect();
        escaped.push(escape_utf16(&[0xd800]));
        escaped.push(escape_utf16(&[0xd800, 0xd800]));
        escaped.push(escape_bytes(&[0xff]));
        escaped.push(escape_bytes(&[0xc3]));
        let all = escaped.len();
        escaped.sort();
        escaped.dedup();
        assert_eq!(escaped.len(), all);
        assert!(escaped.iter().all(|key| !key.contains(['{', '}', '\n'])));
    }

    #[test]
    fn hosts_agree_on_keys() {
        for text in ["", "ann", "203.0.113.7", "a%{b}", "😀 é"] {
            let units: Vec<u16> = text.encode_utf16().collect();
            assert_eq!(escape(text), escape_utf16(&units));
            assert_eq!(escape(text), escape_bytes(text.as_bytes()));
        }
    }

    #[test]
    fn a_partition_is_what_it_was() {
        assert_eq!(["", "ann", "203.0.113.7", "😀"].map(partition), [5, 24, 32, 56]);
    }

    use alloc::vec::Vec;
}
