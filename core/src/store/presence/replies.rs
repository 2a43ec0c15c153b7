//! What the scripts answer, decoded.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::text::read_held;
use crate::roster::{Beat, Lost, Member, Owned, Page};

/// An answer that no script of ours gives: something else has the key, or another version the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadReply;

impl fmt::Display for BadReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store answered what no script of presence answers")
    }
}

impl core::error::Error for BadReply {}

/// How a session stands to the member that it asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds it, and what was asked is done.
    Held,
    /// It does not hold it, and nothing was done.
    Lost(Lost),
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swept {
    /// Members that were taken out.
    pub removed: u64,
    /// More are due: sweep again.
    pub more: bool,
}

/// See [`Standing`].
pub(super) fn standing(reply: i64) -> Result<Standing, BadReply> {
    match reply {
        0 => Ok(Standing::Lost(Lost::Gone)),
        1 => Ok(Standing::Held),
        2 => Ok(Standing::Lost(Lost::Replaced)),
        _ => Err(BadReply),
    }
}

/// The members of a batch that the store would not prolong, and why.
pub(super) fn lost<'a>(beat: &'a Beat, reply: &[i64]) -> Result<Vec<(&'a Owned, Lost)>, BadReply> {
    let pairs = reply.chunks(2).map(|pair| match *pair {
        [at, why] => {
            let owned = usize::try_from(at).ok().and_then(|at| beat.members.get(at)).ok_or(BadReply)?;
            match standing(why)? {
                Standing::Lost(lost) => Ok((owned, lost)),
                Standing::Held => Err(BadReply),
            }
        }
        _ => Err(BadReply),
    });
    pairs.collect()
}

/// A page: cursor, revision, then ids and what is held of them.
pub(super) fn page(reply: &[&str]) -> Result<Page, BadReply> {
    let [cursor, revision, listed @ ..] = reply else { return Err(BadReply) };
    let members = listed.chunks(2).map(|pair| match *pair {
        [cid, held] => {
            let identity = Arc::new(read_held(held).ok_or(BadReply)?);
            Ok(Member { cid: cid.into(), identity })
        }
        _ => Err(BadReply),
    });
    Ok(Page {
        members: members.collect::<Result<_, _>>()?,
        cursor: (*cursor != "0").then(|| Arc::from(*cursor)),
        revision: revision.parse().map_err(|_| BadReply)?,
    })
}
