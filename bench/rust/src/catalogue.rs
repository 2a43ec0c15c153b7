//! The subjects by name, and the children that try them.

use crate::pair::{Native, Pace, paces};
use crate::subject::{ClockOnly, Governor, Hashbrown, Std, Tollgate};
use crate::trial::{Growth, Speed, growth, speed};

/// A subject that can be tried.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    /// Whether its memory and longest insertion are of interest too.
    pub(crate) grows: bool,
    pub(crate) speed: fn(u32) -> Speed,
    pub(crate) growth: fn(u32) -> Growth,
}

/// The peer that goals are stated against.
pub(crate) const GOVERNOR: &str = "governor, DashMap<String>";
/// The same with numbers for keys.
pub(crate) const GOVERNOR_NUMBERS: &str = "governor, DashMap<u64>";

macro_rules! entry {
    ($name:expr, $grows:expr, $make:expr) => {
        Entry { name: $name, grows: $grows, speed: |many| speed(|| $make, many), growth: |keys| growth(|| $make, keys) }
    };
}

/// All subjects, in the order of the tables.
pub(crate) const ENTRIES: [Entry; 11] = [
    entry!("clock and key only", false, ClockOnly::new()),
    entry!("tollgate, fixed window, 8 bytes", true, Tollgate::<String>::fixed_window()),
    entry!("tollgate, token bucket, 8 bytes", false, Tollgate::<String>::whole_token_bucket()),
    entry!("tollgate, token bucket, 16 bytes", true, Tollgate::<String>::token_bucket()),
    entry!("tollgate, sliding window, 96 bytes", false, Tollgate::<String>::sliding_window()),
    entry!(GOVERNOR, true, Governor::<String>::new()),
    entry!("std HashMap<String>", true, Std::new()),
    entry!("hashbrown HashMap<String>", true, Hashbrown::new()),
    entry!("tollgate, u64 keys, fixed window", false, Tollgate::<u64>::fixed_window()),
    entry!("tollgate, u64 keys, token bucket, 16 bytes", false, Tollgate::<u64>::token_bucket()),
    entry!(GOVERNOR_NUMBERS, true, Governor::<u64>::new()),
];

/// A subject that threads share.
pub(crate) struct SharedEntry {
    pub(crate) name: &'static str,
    pub(crate) paces: fn(u32) -> [Pace; 3],
}

/// All of them; the last is what goals are stated against.
pub(crate) const SHARED: [SharedEntry; 2] = [
    SharedEntry { name: "tollgate, native crate", paces: |many| paces(Native::new, many) },
    SharedEntry { name: GOVERNOR, paces: |many| paces(Governor::<String>::new, many) },
];
