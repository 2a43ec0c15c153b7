//! The cache of denials against a limiter that stands for the store: what it answers is what the store would.

mod bounds;
mod says;
mod truth;
