//! What to say to Redis, as data: scripts, their keys and arguments, and replies as decisions. No I/O.
//!
//! A [`StoredLimiter`] decides like a [`Limiter`](crate::Limiter), with its states in the store: each script reads all
//! states, and then writes all or none. The store's clock is the only one. What a script answers are states; what they
//! mean is worked out here, by the same arithmetic as in memory.

mod calls;
mod keys;
pub mod presence;
mod reply;
mod rule;
mod script;
mod sha1;

pub use calls::{Call, Part, StoreConfig, StoredLimiter};
pub use keys::{PARTITIONS, escape, escape_bytes, escape_utf16, partition};
pub use reply::{BadReply, Op};
pub use script::Script;
