//! What is to happen in a run: drawn from a seed, one kind of trouble in each row of the table.

use std::ops::Range;

use tollgate_core::share::{PeerRules, Split};

use crate::dice::Dice;
use crate::fault::Fault;
use crate::row::Row;

const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
/// When everybody has joined and settled.
const CALM: u64 = 70 * SECOND;
/// The heartbeat of all members.
pub const HEARTBEAT: u64 = 30 * SECOND;

/// A run to be. Times are in microseconds.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Weight in any interval.
    pub rate: u64,
    /// The interval.
    pub interval: u64,
    /// Jobs at once.
    pub concurrency: u64,
    /// How the quota is divided.
    pub split: Split,
    /// Members begin with all of it.
    pub fast_start: bool,
    /// Newcomers wait until those who are cut off have given up their shares.
    pub strict_start: bool,
    /// No job takes longer.
    pub longest_job: u64,
    /// The rules that members follow.
    pub rules: PeerRules,
    /// Whether every other member follows those of p-ratelimit instead.
    pub mixed_fleet: bool,
    /// The weights of jobs, one after the other.
    pub weights: Vec<u64>,
    /// Parts per million.
    pub drift: u64,
    /// One way.
    pub longest_delay: u64,
    /// Messages lost, in a hundred.
    pub loss: u64,
    /// When members stop having more to do.
    pub length: u64,
    /// What happens when.
    pub faults: Vec<(u64, Fault)>,
    /// Members at the beginning.
    pub members: usize,
}

impl Plan {
    /// The plan of a row and a seed.
    #[must_use]
    pub fn draw(row: Row, seed: u64, rules: PeerRules) -> Self {
        let mut dice = Dice::new(seed);
        let plain = rules == PeerRules::PLAIN;
        let members = index(&mut dice, 2, 8);
        let heavy = dice.percent(30);
        let mut plan = Self {
            rate: if heavy { dice.within(60, 90) } else { dice.within(20, 40) },
            interval: dice.within(1, 10) * SECOND,
            concurrency: dice.within(20, 30),
            split: if plain { Split::Floor } else { Split::Even },
            fast_start: row == Row::FastStart,
            strict_start: row.is_strict(),
            longest_job: if dice.percent(50) { 50_000 } else { dice.within(1, 3) * SECOND },
            rules,
            mixed_fleet: row == Row::MixedFleet,
            weights: if heavy { vec![1, 1, 2] } else { vec![1] },
            drift: 0,
            longest_delay: 20_000,
            loss: 0,
            length: 6 * MINUTE,
            faults: Vec::new(),
            members,
        };
        if row == Row::TooMany {
            plan.too_many(&mut dice);
        }
        plan.joins(row, &mut dice);
        plan.trouble(row, &mut dice);
        plan
    }

    /// When the last thing goes wrong, or is right again.
    #[must_use]
    pub fn last_fault(&self) -> u64 {
        self.faults.iter().map(|&(at, _)| at).max().unwrap_or(0)
    }

    fn too_many(&mut self, dice: &mut Dice) {
        self.members = index(dice, 4, 8);
        self.rate = dice.within(2, self.members as u64 - 1);
        self.interval = dice.within(1, 3) * SECOND;
        self.weights = vec![1];
        self.length = 15 * MINUTE;
    }

    fn joins(&mut self, row: Row, dice: &mut Dice) {
        for _ in 0..self.members {
            let late = match row {
                Row::JoinsAtOnce | Row::FastStart => 0,
                Row::StaggeredJoins | Row::Mix | Row::StrictMix | Row::Delays | Row::MixedFleet => {
                    dice.within(0, 60 * SECOND)
                }
                _ => dice.within(0, 20 * SECOND),
            };
            self.faults.push((late, Fault::Join));
        }
    }

    fn trouble(&mut self, row: Row, dice: &mut Dice) {
        let at = CALM + dice.within(0, 40 * SECOND);
        let who = self.somebody(dice);
        match row {
            Row::JoinsAtOnce | Row::StaggeredJoins | Row::FastStart | Row::MixedFleet | Row::TooMany => {}
            Row::CrashAndRestart => self.crash(who, at, dice),
            Row::LongPause => self.pause(who, at, dice.within(3 * HEARTBEAT, 4 * HEARTBEAT), false),
            Row::ShortPauses => self.short_pauses(dice),
            Row::Suspend => self.pause(who, at, dice.within(HEARTBEAT, 4 * HEARTBEAT), true),
            Row::SuspendAndSetBack => {
                let length = dice.within(HEARTBEAT, 4 * HEARTBEAT);
                self.pause(who, at, length, true);
                let back = -i64::try_from(length).unwrap_or(0);
                self.faults.push((at + length - 1, Fault::SetWall { who, jump: back }));
            }
            Row::CutOne => self.cut(who..who + 1, at, dice),
            Row::CutHalf => self.cut(0..self.members.div_ceil(2), at, dice),
            Row::CutAll => self.cut(0..self.members, at, dice),
            Row::BusRestart => self.faults.push((at, Fault::RestartBus { down: dice.within(100_000, 20 * SECOND) })),
            Row::RestartDuringJoin => {
                self.faults.push((at, Fault::Join));
                let soon = at + dice.within(0, 4 * SECOND);
                self.faults.push((soon, Fault::RestartBus { down: dice.within(100_000, 3 * SECOND) }));
            }
            Row::JoinDuringCut | Row::StrictJoinDuringCut => {
                self.cut(who..who + 1, at, dice);
                self.faults.push((at + dice.within(0, 60 * SECOND), Fault::Join));
            }
            Row::Delays => {
                self.longest_delay = 500_000;
                self.leave_and_join(who, at, dice);
            }
            Row::Loss => self.loss = 10,
            Row::Drift => self.drift = 1_000,
            Row::WallJumps => self.wall_jumps(dice),
            Row::Churn => self.churn(dice),
            Row::Mix | Row::StrictMix => self.mix(dice),
        }
    }

    fn mix(&mut self, dice: &mut Dice) {
        self.drift = 1_000;
        self.longest_delay = dice.within(20_000, 500_000);
        let rows: Vec<Row> = (0..4).map(|_| Row::MIXED[index(dice, 0, Row::MIXED.len() as u64 - 1)]).collect();
        // With one clock stopped and the other set back nothing tells a member how old its share is: a row of its own.
        let suspends = rows.contains(&Row::Suspend);
        for row in rows.into_iter().filter(|&row| !(suspends && row == Row::WallJumps)) {
            self.trouble(row, dice);
        }
    }

    fn somebody(&self, dice: &mut Dice) -> usize {
        index(dice, 0, self.members as u64 - 1)
    }

    fn crash(&mut self, who: usize, at: u64, dice: &mut Dice) {
        self.faults.push((at, Fault::Crash(who)));
        self.faults.push((at + dice.within(0, 100 * SECOND), Fault::Join));
    }

    fn leave_and_join(&mut self, who: usize, at: u64, dice: &mut Dice) {
        self.faults.push((at, Fault::Leave(who)));
        self.faults.push((at + dice.within(0, 30 * SECOND), Fault::Join));
    }

    fn churn(&mut self, dice: &mut Dice) {
        for who in 0..10 {
            let at = CALM + dice.within(0, 3 * MINUTE);
            if dice.percent(50) {
                self.leave_and_join(who, at, dice);
            } else {
                self.crash(who, at, dice);
            }
        }
    }

    fn short_pauses(&mut self, dice: &mut Dice) {
        for _ in 0..12 {
            let (who, at) = (self.somebody(dice), CALM + dice.within(0, 4 * MINUTE));
            self.pause(who, at, dice.within(100_000, 40 * SECOND), false);
        }
    }

    fn wall_jumps(&mut self, dice: &mut Dice) {
        const HOUR: i64 = 3_600_000_000;
        for _ in 0..6 {
            let (who, at) = (self.somebody(dice), CALM + dice.within(0, 4 * MINUTE));
            let jump = i64::try_from(dice.within(0, 2 * HOUR.unsigned_abs())).unwrap_or(0) - HOUR;
            self.faults.push((at, Fault::SetWall { who, jump }));
        }
    }

    fn pause(&mut self, who: usize, at: u64, length: u64, clocks_stopped: bool) {
        self.faults.push((at, Fault::Stop(who)));
        self.faults.push((at + length, Fault::Resume { who, clocks_stopped }));
    }

    fn cut(&mut self, who: Range<usize>, at: u64, dice: &mut Dice) {
        let length = dice.within(5 * SECOND, 150 * SECOND);
        for who in who {
            self.faults.push((at, Fault::Cut(who)));
            self.faults.push((at + length, Fault::Heal(who)));
        }
    }
}

fn index(dice: &mut Dice, low: u64, high: u64) -> usize {
    usize::try_from(dice.within(low, high)).unwrap_or(0)
}
