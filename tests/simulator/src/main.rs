//! Runs many seeds of each kind of trouble, and prints the worst of each.
//!
//! `tollgate-simulator [--seeds N] [--rules all|plain|no-fence|…] [--row NAME --seed S]`. It ends with 1 where a bound was
//! broken.

#![allow(clippy::indexing_slicing, reason = "a simulator that panics has found a fault of its own")]

mod auditor;
mod dice;
mod fault;
mod member;
mod plan;
mod world;

use plan::{Plan, Row};
use tollgate_core::share::PeerRules;
use world::World;

/// A hair above 1 for what division makes of it.
const TOLERANCE: f64 = 1e-9;

struct Worst {
    rate: f64,
    concurrency: f64,
    least_use: f64,
    seed: u64,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1)).cloned();
    let seeds: u64 = value("--seeds").and_then(|text| text.parse().ok()).unwrap_or(100);
    let rules = rules(value("--rules").as_deref().unwrap_or("all"));
    let first: Option<u64> = value("--seed").and_then(|text| text.parse().ok());
    let only = value("--row");
    println!("| trouble | worst rate / quota | worst concurrency | use | seed |\n|---|---:|---:|---:|---:|");
    let mut broken = false;
    for row in Row::ALL {
        if only.as_ref().is_some_and(|name| name != row.name()) {
            continue;
        }
        let worst = first.map_or_else(|| worst_of(row, 0..seeds, rules), |seed| worst_of(row, seed..seed + 1, rules));
        let Worst { rate, concurrency, least_use, seed } = worst;
        println!("| {} | {rate:.2} | {concurrency:.2} | {least_use:.2} | {seed} |", row.name());
        broken |= rate > row.bound() + TOLERANCE;
    }
    if broken {
        println!("\nA bound was broken: `--row \"…\" --seed S` runs that one again.");
        std::process::exit(1);
    }
}

fn worst_of(row: Row, seeds: std::ops::Range<u64>, rules: PeerRules) -> Worst {
    let mut worst = Worst { rate: 0.0, concurrency: 0.0, least_use: f64::INFINITY, seed: seeds.start };
    for seed in seeds {
        let plan = Plan::draw(row, seed, rules);
        let length = plan.length;
        let rate_binds = plan.longest_job < plan.interval / 10;
        let mut world = World::new(plan, seed);
        world.run();
        let rate = world.auditor.worst_rate();
        if rate > worst.rate {
            worst.rate = rate;
            worst.seed = seed;
        }
        worst.concurrency = worst.concurrency.max(world.auditor.worst_concurrency());
        if rate_binds {
            worst.least_use = worst.least_use.min(world.auditor.use_over(length));
        }
    }
    worst
}

/// All rules, none, or all but one.
fn rules(name: &str) -> PeerRules {
    let all = PeerRules::ALL;
    match name {
        "all" => all,
        "plain" => PeerRules::PLAIN,
        "no-fence" => PeerRules { fence: false, ..all },
        "no-rejoin" => PeerRules { rejoin: false, ..all },
        "no-hold" => PeerRules { hold_growth: false, ..all },
        "one-clock" => PeerRules { two_clocks: false, ..all },
        other => {
            eprintln!(
                "--rules: {other:?} is not known; expected all, plain, no-fence, no-rejoin, no-hold or one-clock"
            );
            std::process::exit(2);
        }
    }
}
