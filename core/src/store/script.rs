//! The scripts, and the names by which Redis knows them.

use alloc::string::String;

use super::sha1;

/// A script that runs in Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Script {
    /// Many decisions of one fixed window.
    Window,
    /// Many decisions of one token bucket.
    Bucket,
    /// Decisions under any policies.
    Decide,
    /// Corrects what a decision took.
    Settle,
    /// Forgets a key.
    Reset,
    /// Refuses a key for a time.
    Block,
}

impl Script {
    /// All scripts.
    pub const ALL: [Self; 6] = [Self::Window, Self::Bucket, Self::Decide, Self::Settle, Self::Reset, Self::Block];

    /// The scripts that decide.
    pub const DECISIONS: [Self; 3] = [Self::Window, Self::Bucket, Self::Decide];

    /// Its name; the file in `scripts/` is called so. Three of them begin with `states.lua`, which they share.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Bucket => "bucket",
            Self::Decide => "decide",
            Self::Settle => "settle",
            Self::Reset => "reset",
            Self::Block => "block",
        }
    }

    /// The argument of a decision that charges 1 under the limiter's own limits. A call of only such decisions needs no
    /// arguments for them. Scripts that decide nothing have none.
    #[must_use]
    pub const fn usual_arg(self) -> &'static str {
        match self {
            Self::Window => "1",
            _ => "",
        }
    }

    /// Its text, for `EVAL` and `SCRIPT LOAD`.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::Window => include_str!("scripts/window.lua"),
            Self::Bucket => concat!(include_str!("scripts/states.lua"), include_str!("scripts/bucket.lua")),
            Self::Decide => concat!(include_str!("scripts/states.lua"), include_str!("scripts/decide.lua")),
            Self::Settle => concat!(include_str!("scripts/states.lua"), include_str!("scripts/settle.lua")),
            Self::Reset => include_str!("scripts/reset.lua"),
            Self::Block => include_str!("scripts/block.lua"),
        }
    }

    /// What `EVALSHA` takes. It is computed at each call: keep it.
    #[must_use]
    pub fn sha1(self) -> String {
        sha1::hex(self.source())
    }
}
