//! What the tests of the pacer share: scripts of calls, the naive pacer, and the world that runs both.

mod naive;
mod scripts;
mod subject;
mod world;

pub(crate) use naive::{Naive, Quirk};
pub(crate) use scripts::{Rules, hold, must_fail, scripts};
pub(crate) use subject::{Asked, Outcome, Subject, Tollgate};
pub(crate) use world::World;
