//! The vector files, and what stands in them.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tollgate_core::{Algorithm, MAX_SAFE_INTEGER, Policy, PolicyState, RetryAfter, Span};

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors")
}

/// Every vector file, by its name.
pub(crate) fn stored() -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(directory())
        .expect("tests/vectors")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (name(&path), fs::read_to_string(&path).expect("a vector file")))
        .collect();
    files.sort();
    files
}

fn name(path: &std::path::Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

pub(crate) fn policy(value: &Value) -> Policy {
    Policy {
        name: Some(value["name"].as_str().expect("a name").to_owned()),
        limit: whole(&value["limit"]),
        window: Span::from_micros(whole(&value["windowMicros"])),
        algorithm: Algorithm::from_name(value["algorithm"].as_str().expect("a name")).expect("an algorithm"),
        burst: value.get("burst").map(whole),
        block_for: value.get("blockForMicros").map(|span| Span::from_micros(whole(span))),
    }
}

pub(crate) fn state(value: &Value) -> PolicyState {
    PolicyState {
        limit: whole(&value["limit"]),
        remaining: whole(&value["remaining"]),
        reset_after: Span::from_micros(whole(&value["resetAfterMicros"])),
        retry_after: retry_after(&value["retryAfterMicros"]),
        charged: whole(&value["charged"]),
    }
}

pub(crate) fn retry_after(value: &Value) -> RetryAfter {
    match value.as_i64() {
        Some(-1) => RetryAfter::Never,
        Some(0) => RetryAfter::Now,
        _ => RetryAfter::After(Span::from_micros(whole(value))),
    }
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

/// An absent list is an empty one.
pub(crate) fn amounts(value: &Value) -> Vec<u64> {
    value.as_array().map_or(Vec::new(), |amounts| amounts.iter().map(whole).collect())
}

/// A whole number that a double holds exactly.
pub(crate) fn whole(value: &Value) -> u64 {
    value.as_u64().filter(|number| *number <= MAX_SAFE_INTEGER).expect("a whole number below 2^53")
}
