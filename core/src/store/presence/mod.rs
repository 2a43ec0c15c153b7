//! What to say to Redis about presence, as data: scripts, their keys and arguments, and what they answer.
//!
//! A room is a sorted set of connection ids by expiry, a hash of ids to identities, and a hash of users to their
//! connections; `room.lua` has the layout. Times are Redis's own. Whatever takes a member out publishes its leave in
//! the same script, so there is one leave however many processes sweep.

mod calls;
mod keys;
mod replies;
mod script;
mod text;

pub use calls::{Call, PresenceStore};
pub use replies::{BadReply, Standing, Swept};
pub use script::PresenceScript;
