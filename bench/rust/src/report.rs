//! The tables.

use crate::catalogue::{ENTRIES, GOVERNOR, GOVERNOR_NUMBERS, SHARED};
use crate::pair::Pace;
use crate::trial::{Growth, Speed};

/// The best of the rounds for each subject, in the order of [`ENTRIES`].
pub(crate) fn print_speeds(speeds: &[Speed], many: u32) {
    let many = millions(many);
    println!("## R1, R2: CPU nanoseconds a check\n");
    println!("In brackets: how many times faster than governor with the same kind of key.\n");
    println!("| | one hot key | 10k keys | {many} keys | insert {many} keys |");
    println!("|---|---:|---:|---:|---:|");
    for (entry, speed) in ENTRIES.iter().zip(speeds) {
        let peer = speeds.get(peer_of(entry.name)).unwrap_or(speed);
        let pairs =
            [(speed.hot, peer.hot), (speed.few, peer.few), (speed.many, peer.many), (speed.insert, peer.insert)];
        let cells = pairs.map(|(own, peer)| format!("{own:.0} ({:.2})", peer / own));
        println!("| {} | {} |", entry.name, cells.join(" | "));
    }
    println!();
}

/// Index of the governor whose keys are like those of the subject called `name`.
fn peer_of(name: &str) -> usize {
    let peer = if name.contains("u64") { GOVERNOR_NUMBERS } else { GOVERNOR };
    ENTRIES.iter().position(|entry| entry.name == peer).unwrap_or(0)
}

/// The best of the rounds for each shared subject, in the order of [`SHARED`].
pub(crate) fn print_paces(all: &[[Pace; 3]], many: u32) {
    println!("## R5: nanoseconds a check, two threads on one limiter\n");
    println!("In brackets: how many times faster than governor.\n");
    println!("| | | one hot key | 10k keys | {} keys |", millions(many));
    println!("|---|---|---:|---:|---:|");
    let Some(peer) = all.last() else { return };
    for (entry, paces) in SHARED.iter().zip(all) {
        let row = |what: &str, of: fn(&Pace) -> f64| {
            let cells = paces.iter().zip(peer).map(|(own, peer)| format!("{:.0} ({:.2})", of(own), of(peer) / of(own)));
            println!("| {} | {what} | {} |", entry.name, cells.collect::<Vec<_>>().join(" | "));
        };
        row("passed", |pace| pace.passed);
        row("CPU", |pace| pace.cpu);
    }
    println!();
}

/// One column for each number of keys; rows for the subjects that were tried.
pub(crate) fn print_growth(columns: &[(u32, Vec<Option<Growth>>)]) {
    print_table("R3: bytes of memory (RSS) a key", columns, |growth| format!("{:.1}", growth.bytes_a_key));
    println!(
        "In brackets: where every run does the same work, each insertion counts with its shortest time in three runs.\n"
    );
    print_table("R4: longest single insertion, CPU milliseconds", columns, |growth| {
        let (longest, repeated) = (growth.longest_micros / 1_000.0, growth.repeated_micros / 1_000.0);
        if repeated < longest { format!("{longest:.2} ({repeated:.2})") } else { format!("{longest:.2}") }
    });
}

fn print_table(title: &str, columns: &[(u32, Vec<Option<Growth>>)], cell: impl Fn(&Growth) -> String) {
    println!("## {title}\n");
    let heads: Vec<String> = columns.iter().map(|(keys, _)| format!("{} keys", millions(*keys))).collect();
    println!("| | {} |", heads.join(" | "));
    println!("|---|{}", "---:|".repeat(columns.len()));
    for (i, entry) in ENTRIES.iter().enumerate().filter(|(_, entry)| entry.grows) {
        let row: Vec<String> = columns
            .iter()
            .map(|(_, growths)| growths.get(i).and_then(Option::as_ref).map_or_else(String::new, &cell))
            .collect();
        println!("| {} | {} |", entry.name, row.join(" | "));
    }
    println!();
}

fn millions(keys: u32) -> String {
    if keys < 1_000_000 { format!("{}k", keys / 1_000) } else { format!("{}M", keys / 1_000_000) }
}
