//! Runs many seeds of each kind of trouble, and prints the worst of each.
//!
//! `tollgate-simulator [--seeds N] [--mixed N] [--rules all|plain|no-fence|…] [--row NAME [--seed S]]`: N seeds a row, and
//! so many of the rows that mix all trouble. It ends with 1 where a bound was broken.

use std::collections::HashMap;
use std::process::ExitCode;

use tollgate_core::share::PeerRules;
use tollgate_simulator::report::{Worst, rules_named, worst_of};
use tollgate_simulator::row::Row;

struct Settings {
    seeds: u64,
    mixed: u64,
    rules: PeerRules,
    row: Option<Row>,
    seed: Option<u64>,
}

fn main() -> ExitCode {
    match settings() {
        Ok(settings) => run(&settings),
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

fn run(settings: &Settings) -> ExitCode {
    let mut broken = Vec::new();
    println!(
        "| trouble | seeds | worst rate / quota | worst at once / concurrency | use | longest wait | all shared out again |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for row in Row::ALL.into_iter().filter(|row| settings.row.is_none_or(|only| only == *row)) {
        let is_mixed = matches!(row, Row::Mix | Row::StrictMix);
        let count = if is_mixed { settings.mixed } else { settings.seeds };
        let seeds = settings.seed.map_or(0..count, |seed| seed..seed + 1);
        let number = seeds.end - seeds.start;
        let worst = worst_of(row, seeds, settings.rules);
        print(row, number, &worst);
        if worst.broken {
            broken.push((row, worst));
        }
    }
    for (row, Worst { seed, never_served, .. }) in &broken {
        println!(
            "\n{}: a bound was broken ({never_served} jobs never started). `--row \"{0}\" --seed {seed}` runs it again.",
            row.name()
        );
    }
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(row: Row, seeds: u64, worst: &Worst) {
    let Worst { rate, concurrency, least_use, longest_wait, convergence, .. } = worst;
    let seconds = |micros: u64| format!("{:.1} s", micros as f64 / 1e6);
    let used = if least_use.is_finite() { format!("{least_use:.2}") } else { String::new() };
    let again = convergence.map_or_else(|| String::from("not always"), seconds);
    println!(
        "| {} | {seeds} | {rate:.2} | {concurrency:.2} | {used} | {} | {again} |",
        row.name(),
        seconds(*longest_wait)
    );
}

fn settings() -> Result<Settings, String> {
    const KNOWN: [&str; 5] = ["--seeds", "--mixed", "--rules", "--row", "--seed"];
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut given = HashMap::new();
    for pair in args.chunks(2) {
        let [name, value] = pair else { return Err(format!("{pair:?}: a value is missing")) };
        if !KNOWN.contains(&name.as_str()) {
            return Err(format!("{name:?} is not known; expected one of {}", KNOWN.join(", ")));
        }
        given.insert(name.as_str(), value.as_str());
    }
    let number = |name: &str| -> Result<Option<u64>, String> {
        let Some(text) = given.get(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("{name}: {text:?} is not allowed; expected a whole number"))
    };
    let seeds = number("--seeds")?.unwrap_or(100);
    let rules = given.get("--rules").copied().unwrap_or("all");
    let row = given.get("--row").map(|name| Row::named(name).ok_or_else(|| format!("--row: {name:?} is no row")));
    Ok(Settings {
        seeds,
        mixed: number("--mixed")?.unwrap_or(seeds),
        rules: rules_named(rules).ok_or_else(|| format!("--rules: {rules:?} is not known"))?,
        row: row.transpose()?,
        seed: number("--seed")?,
    })
}
