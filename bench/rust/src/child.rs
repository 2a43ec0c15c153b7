//! One subject, one trial, one process: so that no allocator is disturbed by another subject.

use std::error::Error;
use std::process::Command;

use crate::catalogue::{ENTRIES, SHARED};
use crate::pair::Pace;
use crate::trial::{Growth, Speed};

/// The trial of what threads share.
const PACES: &str = "paces";
/// The first argument of a child.
const CHILD: &str = "--child";

/// Tries the speed of the subject at `index` with `many` keys, in a new process.
pub(crate) fn try_speed(index: usize, many: u32) -> Result<Speed, Box<dyn Error>> {
    let [hot, few, insert, many] = numbers(index, "speed", many)?;
    Ok(Speed { hot, few, insert, many })
}

/// Tries how the subject at `index` takes `keys` keys, in a new process.
pub(crate) fn try_growth(index: usize, keys: u32) -> Result<Growth, Box<dyn Error>> {
    let [bytes_a_key, longest_micros, repeated_micros] = numbers(index, "growth", keys)?;
    Ok(Growth { bytes_a_key, longest_micros, repeated_micros })
}

/// Tries the shared subject at `index` with one key, 10,000 and `many`, in a new process.
pub(crate) fn try_paces(index: usize, many: u32) -> Result<[Pace; 3], Box<dyn Error>> {
    let [passed1, cpu1, passed2, cpu2, passed3, cpu3] = numbers(index, PACES, many)?;
    Ok([(passed1, cpu1), (passed2, cpu2), (passed3, cpu3)].map(|(passed, cpu)| Pace { passed, cpu }))
}

fn numbers<const N: usize>(index: usize, trial: &str, keys: u32) -> Result<[f64; N], Box<dyn Error>> {
    let arguments = [CHILD, trial, &index.to_string(), &keys.to_string()];
    let output = Command::new(std::env::current_exe()?).args(arguments).output()?;
    if !output.status.success() {
        return Err(format!("{trial} of subject {index}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let numbers: Vec<f64> =
        String::from_utf8(output.stdout)?.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    numbers.try_into().map_err(|_| "a child printed too little".into())
}

/// Runs the trial that `arguments` name and prints its numbers; false when they name none.
pub(crate) fn run_if_child(arguments: &[String]) -> Result<bool, Box<dyn Error>> {
    let [child, trial, index, keys] = arguments else { return Ok(false) };
    if child != CHILD {
        return Ok(false);
    }
    let (index, keys) = (index.parse::<usize>()?, keys.parse()?);
    if trial == PACES {
        let entry = SHARED.get(index).ok_or("no such subject")?;
        (entry.paces)(keys).iter().for_each(|pace| print!("{} {} ", pace.passed, pace.cpu));
        return Ok(true);
    }
    let entry = ENTRIES.get(index).ok_or("no such subject")?;
    if trial == "speed" {
        let Speed { hot, few, insert, many } = (entry.speed)(keys);
        println!("{hot} {few} {insert} {many}");
    } else {
        let Growth { bytes_a_key, longest_micros, repeated_micros } = (entry.growth)(keys);
        println!("{bytes_a_key} {longest_micros} {repeated_micros}");
    }
    Ok(true)
}
