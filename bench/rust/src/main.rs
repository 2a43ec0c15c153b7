//! Tollgate in Rust beside its peers: what a keyed check costs one thread and two, what a key takes, and how long the
//! longest insertion takes. Prints Markdown; `--quick` leaves out the trials with 10 million keys and
//! takes fewer rounds. With `--redis`, limits over a Redis of its own instead: batched beside plain.

mod batching;
mod catalogue;
mod child;
mod key;
mod machine;
mod meter;
mod pair;
mod plain;
mod report;
mod server;
mod subject;
mod trial;

use std::error::Error;

use catalogue::{ENTRIES, Entry, SHARED};
use pair::Pace;
use trial::{Growth, Speed};

const MILLION: u32 = 1_000_000;

/// How much is tried.
struct Plan {
    speed_rounds: u32,
    /// Numbers of keys, and rounds for each.
    growths: &'static [(u32, u32)],
}

const FULL: Plan = Plan { speed_rounds: 5, growths: &[(MILLION, 3), (10 * MILLION, 2)] };
const QUICK: Plan = Plan { speed_rounds: 2, growths: &[(MILLION, 1)] };

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if child::run_if_child(&arguments)? {
        return Ok(());
    }
    if let Some((first, rest)) = arguments.split_first()
        && first == "--redis"
    {
        let rounds = if rest.is_empty() { FULL } else { QUICK }.speed_rounds;
        println!("# The native driver over one Redis: batches beside plain calls (D5)\n");
        machine::print(&["redis", "tokio"]);
        return batching::print(rounds);
    }
    let plan = match arguments.as_slice() {
        [] => FULL,
        [quick] if quick == "--quick" => QUICK,
        _ => return Err("usage: tollgate-bench [--redis] [--quick]".into()),
    };
    println!("# Tollgate in Rust beside its peers\n");
    machine::print(&["governor", "dashmap", "hashbrown", "quanta"]);
    println!(
        "CPU time of one thread, where nothing else is said; the best of {} interleaved rounds, each subject in its own process.\n",
        plan.speed_rounds
    );
    report::print_speeds(&speeds(plan.speed_rounds)?, MILLION);
    report::print_paces(&paces(plan.speed_rounds)?, MILLION);
    let columns = plan.growths.iter().map(|&(keys, rounds)| Ok((keys, growths(keys, rounds)?)));
    report::print_growth(&columns.collect::<Result<Vec<_>, Box<dyn Error>>>()?);
    Ok(())
}

fn speeds(rounds: u32) -> Result<Vec<Speed>, Box<dyn Error>> {
    let rounds = interleaved(rounds, |index, _| child::try_speed(index, MILLION))?;
    Ok(rounds.into_iter().filter_map(|speeds| speeds.into_iter().reduce(Speed::best)).collect())
}

fn paces(rounds: u32) -> Result<Vec<[Pace; 3]>, Box<dyn Error>> {
    let mut best: Vec<Option<[Pace; 3]>> = vec![None; SHARED.len()];
    for _ in 0..rounds {
        for (index, best) in best.iter_mut().enumerate() {
            let [one, few, many] = child::try_paces(index, MILLION)?;
            *best = Some(best.map_or([one, few, many], |old| [old[0].best(one), old[1].best(few), old[2].best(many)]));
        }
    }
    Ok(best.into_iter().flatten().collect())
}

fn growths(keys: u32, rounds: u32) -> Result<Vec<Option<Growth>>, Box<dyn Error>> {
    let rounds = interleaved(rounds, |index, entry| entry.grows.then(|| child::try_growth(index, keys)).transpose())?;
    Ok(rounds.into_iter().map(|growths| growths.into_iter().flatten().reduce(Growth::best)).collect())
}

/// For each subject what `trial` said in each round; a round tries all subjects one after the other.
fn interleaved<T>(
    rounds: u32,
    trial: impl Fn(usize, &Entry) -> Result<T, Box<dyn Error>>,
) -> Result<Vec<Vec<T>>, Box<dyn Error>> {
    let mut results: Vec<Vec<T>> = ENTRIES.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (index, (entry, results)) in ENTRIES.iter().zip(&mut results).enumerate() {
            results.push(trial(index, entry)?);
        }
    }
    Ok(results)
}
