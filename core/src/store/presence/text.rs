//! Members as Redis keeps and publishes them. Lengths are in bytes of UTF-8, so nothing has to be escaped.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;

use crate::roster::{Event, EventKind, Identity, Member, Reason, Session};

/// A session in as few bytes as can be read by eye: digits of base 64, the last first. Never `"-"`.
pub(super) fn write_session(Session(number): Session) -> String {
    const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_~";
    let mut text = String::new();
    let mut rest = number;
    while rest > 0 || text.is_empty() {
        let digit = DIGITS.get((rest % 64) as usize).copied().unwrap_or(b'0');
        text.push(char::from(digit));
        rest /= 64;
    }
    text
}

/// `"<bytes of user> <user><data>"`; 0 bytes for no user.
pub(super) fn write_identity(user: Option<&str>, data: &str) -> String {
    let user = user.unwrap_or("");
    format!("{} {user}{data}", user.len())
}

/// The reverse of [`write_identity`].
pub(super) fn read_identity(text: &str) -> Option<Identity> {
    let (user, data) = read_counted(text)?;
    let user = (!user.is_empty()).then(|| user.into());
    Some(Identity { user, data: data.into() })
}

/// What the hash of identities holds, without the session.
pub(super) fn read_held(text: &str) -> Option<Identity> {
    read_identity(text.split_once(' ')?.1)
}

/// `"<revision> <after> <kind> <bytes of id> <id><identity>"`.
pub(super) fn read_event(room: &str, text: &str) -> Option<Event> {
    let (revision, rest) = text.split_once(' ')?;
    let (after, rest) = rest.split_once(' ')?;
    let (kind, rest) = rest.split_once(' ')?;
    let (cid, rest) = read_counted(rest)?;
    if cid.is_empty() {
        return None;
    }
    Some(Event {
        room: room.into(),
        revision: revision.parse().ok()?,
        after: after.parse().ok()?,
        member: Member { cid: cid.into(), identity: Arc::new(read_identity(rest)?) },
        kind: read_kind(kind)?,
    })
}

fn read_counted(text: &str) -> Option<(&str, &str)> {
    let (bytes, rest) = text.split_once(' ')?;
    rest.split_at_checked(bytes.parse().ok()?)
}

fn read_kind(text: &str) -> Option<EventKind> {
    let left = |reason, last_of_user| EventKind::Left { reason, last_of_user };
    Some(match text {
        "joined" => EventKind::Joined { first_of_user: false },
        "joined+user" => EventKind::Joined { first_of_user: true },
        "updated" => EventKind::Updated,
        "left" => left(Reason::Left, false),
        "left+user" => left(Reason::Left, true),
        "expired" => left(Reason::Expired, false),
        "expired+user" => left(Reason::Expired, true),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_survive_whatever_they_are() {
        for (user, data) in [(None, ""), (None, "3 abc"), (Some("é 🦀"), "{\"a\":1}"), (Some(" "), " 1 ")] {
            let identity = read_held(&format!("77 {}", write_identity(user, data))).unwrap();
            assert_eq!((identity.user.as_deref(), &*identity.data), (user, data));
        }
    }

    #[test]
    fn sessions_are_short_and_distinct() {
        let text = |number| write_session(Session(number));
        assert_eq!([0, 1, 63, 64, 4_097].map(text), ["0", "1", "~", "01", "101"]);
        assert_eq!(text(crate::MAX_SAFE_INTEGER).len(), 9);
    }

    #[test]
    fn a_broken_message_is_no_event() {
        assert!(read_event("r", "2 1 joined+user 1 c3 ann{}").is_some());
        let broken = [
            "",
            "2",
            "2 1 joined",
            "x 1 joined 1 c0 ",
            "2 1 danced 1 c0 ",
            "2 1 joined 9 c0 ",
            "2 1 joined 0 0 ",
            "2 1 joined 1 c9 ann",
            "2 1 joined 1 é0 ",
            "-1 1 joined 1 c0 ",
            "2 1 joined -1 c0 ",
            "2 1 joined 1 c",
        ];
        for text in broken {
            assert_eq!(read_event("r", text), None, "{text:?}");
        }
    }
}
