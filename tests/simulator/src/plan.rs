//! What is to happen in a run: drawn from a seed, one kind of trouble in each row of the table.

use tollgate_core::share::{PeerRules, Split};

use crate::dice::Dice;
use crate::fault::Fault;

const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
/// When everybody has joined and settled.
const CALM: u64 = 40 * SECOND;
const HEARTBEAT: u64 = 30 * SECOND;

/// A kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    JoinsAtOnce,
    StaggeredJoins,
    CrashAndRestart,
    LongPause,
    ShortPauses,
    Suspend,
    CutOne,
    CutHalf,
    CutAll,
    BusRestart,
    RestartDuringJoin,
    JoinDuringCut,
    Delays,
    Drift,
    WallJumps,
    Churn,
    Mix,
}

impl Row {
    /// All of them.
    pub(crate) const ALL: [Self; 17] = [
        Self::JoinsAtOnce,
        Self::StaggeredJoins,
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
        Self::Delays,
        Self::Drift,
        Self::WallJumps,
        Self::Churn,
        Self::Mix,
    ];

    /// As it is written in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::JoinsAtOnce => "joins at once",
            Self::StaggeredJoins => "staggered joins",
            Self::CrashAndRestart => "crash and restart",
            Self::LongPause => "a pause of more than three heartbeats",
            Self::ShortPauses => "many short pauses",
            Self::Suspend => "suspend",
            Self::CutOne => "one cut off",
            Self::CutHalf => "half cut off",
            Self::CutAll => "all cut off",
            Self::BusRestart => "bus restarted",
            Self::RestartDuringJoin => "bus restarted during a join",
            Self::JoinDuringCut => "a join while another is cut off",
            Self::Delays => "delays, joins and leaves",
            Self::Drift => "clocks that drift",
            Self::WallJumps => "wall clocks set by an hour",
            Self::Churn => "churn",
            Self::Mix => "all at random",
        }
    }

    /// Whether the rules leave a bound above the quota: a newcomer cannot know of a member that is cut off.
    pub(crate) fn bound(self) -> f64 {
        match self {
            Self::JoinDuringCut | Self::Mix => 2.0,
            _ => 1.0,
        }
    }
}

/// A run to be.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) rate: u64,
    pub(crate) interval: u64,
    pub(crate) concurrency: u64,
    pub(crate) split: Split,
    pub(crate) fast_start: bool,
    pub(crate) longest_job: u64,
    pub(crate) rules: PeerRules,
    pub(crate) window_guard: bool,
    pub(crate) weights: Vec<u64>,
    /// Parts per million.
    pub(crate) drift: u64,
    /// One way, in microseconds.
    pub(crate) longest_delay: u64,
    /// Messages lost, in a hundred.
    pub(crate) loss: u64,
    pub(crate) length: u64,
    pub(crate) faults: Vec<(u64, Fault)>,
}

impl Plan {
    /// The plan of a row and a seed.
    pub(crate) fn draw(row: Row, seed: u64, rules: PeerRules) -> Self {
        let mut dice = Dice::new(seed);
        let plain = rules == PeerRules::PLAIN;
        let members = usize::try_from(dice.within(2, 8)).unwrap_or(2);
        let heavy = dice.percent(30);
        let mut plan = Self {
            rate: dice.within(10, 40),
            interval: dice.within(1, 10) * SECOND,
            concurrency: dice.within(8, 20),
            split: if plain { Split::Floor } else { Split::Even },
            fast_start: false,
            longest_job: if dice.percent(50) { 50_000 } else { dice.within(1, 3) * SECOND },
            rules,
            window_guard: !plain,
            weights: if heavy { vec![1, 1, 2] } else { vec![1] },
            drift: 0,
            longest_delay: 20_000,
            loss: 0,
            length: 5 * MINUTE,
            faults: Vec::new(),
        };
        plan.joins(row, members, &mut dice);
        plan.trouble(row, members, &mut dice);
        plan
    }

    fn joins(&mut self, row: Row, members: usize, dice: &mut Dice) {
        for _ in 0..members {
            let late = match row {
                Row::JoinsAtOnce => 0,
                Row::StaggeredJoins | Row::Mix | Row::Delays => dice.within(0, 60 * SECOND),
                _ => dice.within(0, 20 * SECOND),
            };
            self.faults.push((late, Fault::Join));
        }
    }

    fn trouble(&mut self, row: Row, members: usize, dice: &mut Dice) {
        let at = CALM + dice.within(0, 40 * SECOND);
        let who = usize::try_from(dice.within(0, members as u64 - 1)).unwrap_or(0);
        match row {
            Row::JoinsAtOnce | Row::StaggeredJoins => {}
            Row::CrashAndRestart => self.crash(who, at, dice),
            Row::LongPause => self.pause(who, at, dice.within(3 * HEARTBEAT, 4 * HEARTBEAT), false),
            Row::ShortPauses => {
                for _ in 0..12 {
                    let who = usize::try_from(dice.within(0, members as u64 - 1)).unwrap_or(0);
                    let at = CALM + dice.within(0, 4 * MINUTE);
                    self.pause(who, at, dice.within(100_000, 40 * SECOND), false);
                }
            }
            Row::Suspend => self.pause(who, at, dice.within(HEARTBEAT, 4 * HEARTBEAT), true),
            Row::CutOne => self.cut(who..who + 1, at, dice),
            Row::CutHalf => self.cut(0..members.div_ceil(2), at, dice),
            Row::CutAll => self.cut(0..members, at, dice),
            Row::BusRestart => self.faults.push((at, Fault::RestartBus { down: dice.within(100_000, 20 * SECOND) })),
            Row::RestartDuringJoin => {
                self.faults.push((at, Fault::Join));
                let soon = at + dice.within(0, 4 * SECOND);
                self.faults.push((soon, Fault::RestartBus { down: dice.within(100_000, 3 * SECOND) }));
            }
            Row::JoinDuringCut => {
                self.cut(who..who + 1, at, dice);
                self.faults.push((at + dice.within(0, 60 * SECOND), Fault::Join));
            }
            Row::Delays => {
                self.longest_delay = 500_000;
                self.leave_and_join(who, at, dice);
            }
            Row::Drift => self.drift = 1_000,
            Row::WallJumps => {
                for _ in 0..6 {
                    let who = usize::try_from(dice.within(0, members as u64 - 1)).unwrap_or(0);
                    self.set_wall(who, CALM + dice.within(0, 4 * MINUTE), dice);
                }
            }
            Row::Churn => {
                for i in 0..10 {
                    let at = CALM + dice.within(0, 3 * MINUTE);
                    if dice.percent(50) {
                        self.leave_and_join(i, at, dice);
                    } else {
                        self.crash(i, at, dice);
                    }
                }
            }
            Row::Mix => {
                self.drift = 1_000;
                self.longest_delay = dice.within(20_000, 500_000);
                for _ in 0..4 {
                    let row = Row::ALL[usize::try_from(dice.within(2, 15)).unwrap_or(2)];
                    if !matches!(row, Row::Delays | Row::Drift) {
                        self.trouble(row, members, dice);
                    }
                }
            }
        }
    }

    fn crash(&mut self, who: usize, at: u64, dice: &mut Dice) {
        self.faults.push((at, Fault::Crash(who)));
        self.faults.push((at + dice.within(0, 100 * SECOND), Fault::Join));
    }

    fn leave_and_join(&mut self, who: usize, at: u64, dice: &mut Dice) {
        self.faults.push((at, Fault::Leave(who)));
        self.faults.push((at + dice.within(0, 30 * SECOND), Fault::Join));
    }

    fn pause(&mut self, who: usize, at: u64, length: u64, clocks_stopped: bool) {
        self.faults.push((at, Fault::Stop(who)));
        self.faults.push((at + length, Fault::Resume { who, clocks_stopped }));
    }

    fn cut(&mut self, who: std::ops::Range<usize>, at: u64, dice: &mut Dice) {
        let length = dice.within(5 * SECOND, 150 * SECOND);
        for who in who {
            self.faults.push((at, Fault::Cut(who)));
            self.faults.push((at + length, Fault::Heal(who)));
        }
    }

    fn set_wall(&mut self, who: usize, at: u64, dice: &mut Dice) {
        let hour = 3_600_000_000;
        let jump = i64::try_from(dice.within(0, 2 * hour)).unwrap_or(0) - i64::try_from(hour).unwrap_or(0);
        self.faults.push((at, Fault::SetWall { who, jump }));
    }
}
