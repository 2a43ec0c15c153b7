//! The kinds of trouble, a row of the table each.

/// A kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// All members join in the same moment.
    JoinsAtOnce,
    /// They join within a minute.
    StaggeredJoins,
    /// All join in the same moment, with `fastStart`.
    FastStart,
    /// One ends without a word, and joins anew later.
    CrashAndRestart,
    /// One stands still for more than three heartbeats.
    LongPause,
    /// Many stand still for a while.
    ShortPauses,
    /// One stands still with its monotonic clock.
    Suspend,
    /// The same, and its wall clock is set back before it goes on.
    SuspendAndSetBack,
    /// One cannot reach the bus.
    CutOne,
    /// Half of them cannot.
    CutHalf,
    /// Nobody can.
    CutAll,
    /// The bus ends, and all subscriptions with it.
    BusRestart,
    /// It does while one joins.
    RestartDuringJoin,
    /// One joins while another cannot reach the bus.
    JoinDuringCut,
    /// The same, where newcomers wait until that one has given up its share.
    StrictJoinDuringCut,
    /// Messages are late, while members leave and join.
    Delays,
    /// Some messages never arrive.
    Loss,
    /// Clocks are fast or slow by a thousandth.
    Drift,
    /// Wall clocks are set by up to an hour.
    WallJumps,
    /// Many leave and crash, and others join.
    Churn,
    /// More members than there are starts in an interval.
    TooMany,
    /// Half of them follow the rules of p-ratelimit 1.0.1, and all join within a minute.
    MixedFleet,
    /// All of this, at random.
    Mix,
    /// The same, where newcomers wait until those who are cut off have given up their shares.
    StrictMix,
}

impl Row {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::JoinsAtOnce,
        Self::StaggeredJoins,
        Self::FastStart,
        Self::CrashAndRestart,
        Self::LongPause,
        Self::ShortPauses,
        Self::Suspend,
        Self::SuspendAndSetBack,
        Self::CutOne,
        Self::CutHalf,
        Self::CutAll,
        Self::BusRestart,
        Self::RestartDuringJoin,
        Self::JoinDuringCut,
        Self::StrictJoinDuringCut,
        Self::Delays,
        Self::Loss,
        Self::Drift,
        Self::WallJumps,
        Self::Churn,
        Self::TooMany,
        Self::MixedFleet,
        Self::Mix,
        Self::StrictMix,
    ];

    /// Those that the last two are made of: a bus over TCP does not lose single messages.
    pub(crate) const MIXED: [Self; 12] = [
        Self::CrashAndRestart,
        Self::LongPause,
        Self::ShortPauses,
        Self::Suspend,
        Self::CutOne,
        Self::CutHalf,
        Self::CutAll,
        Self::BusRestart,
        Self::RestartDuringJoin,
        Self::JoinDuringCut,
        Self::WallJumps,
        Self::Churn,
    ];

    /// As it is written in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::JoinsAtOnce => "joins at once",
            Self::StaggeredJoins => "staggered joins",
            Self::FastStart => "joins at once, fastStart",
            Self::CrashAndRestart => "crash and restart",
            Self::LongPause => "a pause of more than three heartbeats",
            Self::ShortPauses => "many short pauses",
            Self::Suspend => "suspend",
            Self::SuspendAndSetBack => "suspend, and the wall clock set back",
            Self::CutOne => "one cut off",
            Self::CutHalf => "half cut off",
            Self::CutAll => "all cut off",
            Self::BusRestart => "bus restarted",
            Self::RestartDuringJoin => "bus restarted during a join",
            Self::JoinDuringCut => "a join while another is cut off",
            Self::StrictJoinDuringCut => "the same, strict start",
            Self::Delays => "delays, joins and leaves",
            Self::Loss => "one message in ten lost",
            Self::Drift => "clocks that drift",
            Self::WallJumps => "wall clocks set by an hour",
            Self::Churn => "churn",
            Self::TooMany => "more members than quota",
            Self::MixedFleet => "half of p-ratelimit 1.0.1",
            Self::Mix => "all at random",
            Self::StrictMix => "all at random, strict start",
        }
    }

    /// The row of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|row| row.name() == name)
    }

    /// What nothing may exceed, as a multiple of the quota; of `members`, some rows leave more than 1.
    #[must_use]
    pub fn bound(self, members: usize) -> f64 {
        match self {
            // Each begins with all of it.
            Self::FastStart => members as f64,
            // A newcomer cannot know of a member that is cut off and has not given up its share yet, or whose answer was
            // lost; no clock tells a member that it was suspended. And members of
            // p-ratelimit grow at once when they should wait.
            Self::JoinDuringCut | Self::SuspendAndSetBack | Self::Loss | Self::Mix | Self::MixedFleet => 2.0,
            _ => 1.0,
        }
    }

    /// Whether a newcomer waits until whoever is cut off has given up its share.
    pub(crate) fn is_strict(self) -> bool {
        matches!(self, Self::StrictJoinDuringCut | Self::StrictMix)
    }
}
