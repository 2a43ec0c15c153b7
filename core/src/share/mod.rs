//! One quota for many processes: how it is divided among those that are there.

mod split;

pub use split::Split;
