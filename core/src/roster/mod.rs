//! Presence: who is in which room, told once per join and once per leave.
//!
//! [`Roster`] is the roster of one process, and the rule book for a shared one: the same verbs, the same
//! events. [`Heartbeats`] is what a process owes a shared roster for its own members. [`View`] follows a
//! roster from a snapshot and events, and says what has changed since it was last asked; [`Watches`] are several.

mod config;
mod event;
mod heartbeats;
mod member;
mod room;
mod rooms;
mod view;
mod watches;

pub use config::{CheckedPresence, PresenceConfig};
pub use event::{Event, EventKind, Reason};
pub use heartbeats::{Beat, Heartbeats, Lost, Owned};
pub use member::{Identity, Member, Session};
pub use rooms::{Count, Page, Roster};
pub use view::{Changes, View};
pub use watches::Watches;
