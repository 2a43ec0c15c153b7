//! Where and with what a run was made.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

const LOCK: &str = include_str!("../../../Cargo.lock");

/// One line for the processor, one for the versions.
pub(crate) fn print(peers: &[&str]) {
    println!("{}, {} cores, {}; {}.\n", processor(), cores(), today(), compiler());
    let versions: Vec<String> = peers.iter().map(|name| format!("{name} {}", locked_versions(name))).collect();
    println!("With {}.\n", versions.join(", "));
}

fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| "unknown processor".to_owned(), |(_, name)| name.to_owned())
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    output
        .map_or_else(|_| "unknown rustc".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The versions of a crate in the lock file; the workspace's own dependency comes last where there are more.
fn locked_versions(name: &str) -> String {
    let package = format!("name = \"{name}\"\nversion = \"");
    let versions: Vec<&str> =
        LOCK.split(&package).skip(1).filter_map(|rest| rest.split_once('"').map(|(version, _)| version)).collect();
    versions.join(" and ")
}

/// The date in UTC (civil-from-days, Howard Hinnant).
fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let days = seconds / 86_400 + 719_468;
    let era_day = days % 146_097;
    let era_year = (era_day - era_day / 1_460 + era_day / 36_524 - era_day / 146_096) / 365;
    let year_day = era_day - (365 * era_year + era_year / 4 - era_year / 100);
    let shifted_month = (5 * year_day + 2) / 153;
    let day = year_day - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = days / 146_097 * 400 + era_year + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}
