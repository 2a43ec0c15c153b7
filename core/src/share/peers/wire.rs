//! Messages between members: small JSON, as p-ratelimit 1.0.1 writes it, and our own on a second channel.
//!
//! On the main channel a message is an id, as a JSON string. On the second one it is `{"v":1,"hello":id,"quota":text}`,
//! with `"again":true` from a member that had lost its subscription, or `{"v":1,"bye":id}`. Whatever else arrives is
//! counted and ignored.

use alloc::string::String;
use core::fmt::Write;

/// Longer messages are not ours. (An id of p-ratelimit has 36 characters.)
const LONGEST: usize = 1_024;

/// What was said on the second channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// A member has joined, or hears `again`, and takes this to be the quota.
    Hello { id: String, quota: String, again: bool },
    /// A member has left.
    Bye { id: String },
}

/// The message that names a member.
pub(crate) fn ping(id: &str) -> String {
    let mut text = String::new();
    write_string(&mut text, id);
    text
}

/// The message of a member that joins, or that hears `again`.
pub(crate) fn hello(id: &str, quota: &str, again: bool) -> String {
    let mut text = String::from("{\"v\":1,\"hello\":");
    write_string(&mut text, id);
    text.push_str(",\"quota\":");
    write_string(&mut text, quota);
    if again {
        text.push_str(",\"again\":true");
    }
    text.push('}');
    text
}

/// The message of a member that leaves.
pub(crate) fn bye(id: &str) -> String {
    let mut text = String::from("{\"v\":1,\"bye\":");
    write_string(&mut text, id);
    text.push('}');
    text
}

/// The id in a ping.
pub(crate) fn read_ping(message: &str) -> Option<String> {
    let mut reader = Reader::of(message)?;
    let id = reader.string()?;
    (reader.is_done() && !id.is_empty()).then_some(id)
}

/// What was said on the second channel.
pub(crate) fn read_told(message: &str) -> Option<Told> {
    let mut reader = Reader::of(message)?;
    reader.literal("{")?;
    let (mut hello, mut bye, mut quota, mut again) = (None, None, String::new(), false);
    loop {
        let name = reader.string()?;
        reader.literal(":")?;
        match name.as_str() {
            "v" => reader.literal("1")?,
            "hello" => hello = Some(reader.string()?),
            "bye" => bye = Some(reader.string()?),
            "quota" => quota = reader.string()?,
            "again" => {
                reader.literal("true")?;
                again = true;
            }
            _ => return None,
        }
        if reader.literal(",").is_none() {
            break;
        }
    }
    reader.literal("}")?;
    match (hello, bye) {
        _ if !reader.is_done() => None,
        (Some(id), None) => Some(Told::Hello { id, quota, again }),
        (None, Some(id)) => Some(Told::Bye { id }),
        _ => None,
    }
}

fn write_string(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => {
                text.push('\\');
                text.push(c);
            }
            // Writing to a `String` does not fail.
            c if c < ' ' => drop(write!(text, "\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('"');
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn of(message: &'a str) -> Option<Self> {
        (message.len() <= LONGEST).then_some(Self { rest: message.trim() })
    }

    fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    fn literal(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?.trim_start();
        Some(())
    }

    fn string(&mut self) -> Option<String> {
        let mut chars = self.rest.strip_prefix('"')?.chars();
        let mut value = String::new();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => value.push(escaped(&mut chars)?),
                c if c < ' ' => return None,
                c => value.push(c),
            }
        }
        self.rest = chars.as_str().trim_start();
        Some(value)
    }
}

fn escaped(chars: &mut core::str::Chars<'_>) -> Option<char> {
    Some(match chars.next()? {
        c @ ('"' | '\\' | '/') => c,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let first = four_digits(chars)?;
            if !(0xd800..0xdc00).contains(&first) {
                return char::from_u32(first);
            }
            (chars.next()? == '\\' && chars.next()? == 'u').then_some(())?;
            let second = four_digits(chars)?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
            char::from_u32(0x10000 + ((first - 0xd800) << 10) + second)?
        }
        _ => return None,
    })
}

fn four_digits(chars: &mut core::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |code, _| Some(code * 16 + chars.next()?.to_digit(16)?))
}
