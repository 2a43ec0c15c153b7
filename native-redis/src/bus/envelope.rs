//! What a bus sends: who sends it, its number among all that this one sends, and the message's JSON; and where.

use crate::seed::random_seed;

const ORIGIN_LENGTH: usize = 22;
/// The largest number that all languages read alike: 2^53 has 16 digits.
const MOST_DIGITS: usize = 16;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Envelope<'a> {
    pub(super) origin: &'a str,
    pub(super) number: u64,
    pub(super) json: &'a str,
}

/// A name that no other bus has.
pub(super) fn draw_origin() -> String {
    random_seed().map(|number| in_base_36(number >> 11)).concat()
}

/// 11 digits, which is enough for 53 bits.
fn in_base_36(mut number: u64) -> String {
    let mut digits = ['0'; ORIGIN_LENGTH / 2];
    for digit in digits.iter_mut().rev() {
        *digit = u32::try_from(number % 36).ok().and_then(|digit| char::from_digit(digit, 36)).unwrap_or('0');
        number /= 36;
    }
    digits.iter().collect()
}

/// An envelope as text: the fields with a dot between them.
pub(super) fn sealed(&Envelope { origin, number, json }: &Envelope<'_>) -> String {
    format!("{origin}.{number}.{json}")
}

/// Reads an envelope; `None` where the text is none.
pub(super) fn opened(text: &str) -> Option<Envelope<'_>> {
    let (origin, rest) = text.split_once('.')?;
    let (digits, json) = rest.split_once('.')?;
    let is_origin =
        origin.len() == ORIGIN_LENGTH && origin.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
    let is_number =
        digits.len() <= MOST_DIGITS && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok()?;
    (is_origin && is_number).then_some(Envelope { origin, number, json })
}

/// How the topics of one bus are called as channels: `<prefix>:bus:<name, percent-encoded>:<topic>`.
#[derive(Clone, Debug)]
pub(super) struct ChannelNames {
    head: String,
}

impl ChannelNames {
    pub(super) fn new(prefix: &str, name: &str) -> Self {
        Self { head: format!("{prefix}:bus:{}:", percent_encoded(name)) }
    }

    pub(super) fn channel(&self, topic: &str) -> String {
        format!("{}{topic}", self.head)
    }

    /// Redis's pattern for the channels of a pattern of topics: there `*` alone means something.
    pub(super) fn pattern(&self, topics: &str) -> String {
        let parts: Vec<_> = topics.split('*').map(escaped).collect();
        escaped(&self.head) + &parts.join("*")
    }

    pub(super) fn topic<'a>(&self, channel: &'a str) -> Option<&'a str> {
        channel.strip_prefix(&self.head)
    }
}

/// As JavaScript's `encodeURIComponent`.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded
}

/// Without what has a meaning in patterns of Redis.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if "\\?*[]^".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_of_node_is_read_and_written_alike() {
        let text = "2k4q0fz8m1x0abc3def9gh.17.{\"text\":\"a.b\"}";
        let envelope = opened(text).expect("an envelope");
        assert_eq!(envelope, Envelope { origin: "2k4q0fz8m1x0abc3def9gh", number: 17, json: "{\"text\":\"a.b\"}" });
        assert_eq!(sealed(&envelope), text);
    }

    #[test]
    fn what_is_no_envelope_is_none() {
        for text in [
            "",
            "hello",
            "2k4q0fz8m1x0abc3def9gh.17",
            "2k4q0fz8m1x0abc3def9gh.017.1",
            "2k4q0fz8m1x0abc3def9gh.0.1",
            "2k4q0fz8m1x0abc3def9gh..1",
            "2k4q0fz8m1x0abc3def9gh.+1.1",
            "2k4q0fz8m1x0abc3def9gh.12345678901234567.1",
            "2k4q0fz8m1x0abc3def9g.1.1",
            "2K4q0fz8m1x0abc3def9gh.1.1",
        ] {
            assert_eq!(opened(text), None, "{text}");
        }
    }

    #[test]
    fn an_origin_is_what_node_reads_as_one() {
        let (one, other) = (draw_origin(), draw_origin());
        assert_ne!(one, other);
        assert!(opened(&format!("{one}.1.0")).is_some(), "{one}");
        assert_eq!(in_base_36(35 + 36), "0000000001z");
    }

    #[test]
    fn channels_are_named_as_node_names_them() {
        let names = ChannelNames::new("t[a]", "my büs*");
        assert_eq!(names.channel("chat:*?"), "t[a]:bus:my%20b%C3%BCs*:chat:*?");
        assert_eq!(names.pattern("chat:*?"), "t\\[a\\]:bus:my%20b%C3%BCs\\*:chat:*\\?");
        assert_eq!(names.topic("t[a]:bus:my%20b%C3%BCs*:x"), Some("x"));
        assert_eq!(names.topic("other"), None);
    }
}
