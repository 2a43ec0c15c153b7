//! Many seeds of a row, and the worst of them.

use std::ops::Range;

use tollgate_core::share::PeerRules;

use crate::plan::Plan;
use crate::row::Row;
use crate::world::World;

/// A hair above 1 for what division makes of it.
const TOLERANCE: f64 = 1e-9;

/// The worst that was seen in the runs of a row.
#[derive(Clone, Copy, Debug)]
pub struct Worst {
    /// Weight in any interval, divided by the quota.
    pub rate: f64,
    /// Jobs in flight, divided by the concurrency.
    pub concurrency: f64,
    /// The least use of the quota, of runs in which it is what holds jobs back.
    pub least_use: f64,
    /// The longest that a job waited, in microseconds.
    pub longest_wait: u64,
    /// The longest until all of the quota was shared out again after the last fault; `None` where it never was in some
    /// run.
    pub convergence: Option<u64>,
    /// Jobs that were never started.
    pub never_served: u64,
    /// The seed of the worst rate, or of the first run that broke a bound.
    pub seed: u64,
    /// Whether a bound was broken.
    pub broken: bool,
}

/// Runs these seeds.
#[must_use]
pub fn worst_of(row: Row, seeds: Range<u64>, rules: PeerRules) -> Worst {
    let mut worst = Worst {
        rate: 0.0,
        concurrency: 0.0,
        least_use: f64::INFINITY,
        longest_wait: 0,
        convergence: Some(0),
        never_served: 0,
        seed: seeds.start,
        broken: false,
    };
    for seed in seeds {
        worst.add(row, seed, rules);
    }
    worst
}

impl Worst {
    fn add(&mut self, row: Row, seed: u64, rules: PeerRules) {
        let plan = Plan::draw(row, seed, rules);
        let bound = row.bound(plan.members) + TOLERANCE;
        let (length, rate_binds) = (plan.length, plan.longest_job < plan.interval / 10);
        let mut world = World::new(plan, seed);
        world.run();
        let (rate, concurrency) = (world.auditor.worst_rate(), world.auditor.worst_concurrency());
        let is_broken = rate > bound || concurrency > bound || world.waiting() > 0;
        if !self.broken && (is_broken || rate > self.rate) {
            self.seed = seed;
        }
        self.broken |= is_broken;
        self.rate = self.rate.max(rate);
        self.concurrency = self.concurrency.max(concurrency);
        self.longest_wait = self.longest_wait.max(world.auditor.longest_wait());
        self.convergence = self.convergence.zip(world.converged_after()).map(|(longest, after)| longest.max(after));
        self.never_served += world.waiting();
        if rate_binds {
            self.least_use = self.least_use.min(world.auditor.use_until(length));
        }
    }
}

/// All rules, none, or all but one; `None` for a name that is not known.
#[must_use]
pub fn rules_named(name: &str) -> Option<PeerRules> {
    let all = PeerRules::ALL;
    Some(match name {
        "all" => all,
        "plain" => PeerRules::PLAIN,
        "no-fence" => PeerRules { fence: false, ..all },
        "no-rejoin" => PeerRules { rejoin: false, ..all },
        "no-hold" => PeerRules { hold_growth: false, ..all },
        "one-clock" => PeerRules { two_clocks: false, ..all },
        "no-confirm" => PeerRules { confirm: false, ..all },
        "no-word" => PeerRules { tell: false, ..all },
        _ => return None,
    })
}
