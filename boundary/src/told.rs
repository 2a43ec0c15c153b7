//! What a response tells about limits, as one text.

use alloc::format;
use alloc::string::{String, ToString};

use tollgate_core::Span;
use tollgate_core::http::parse;

/// Reads header fields, one `name: value` a line. The first line of the answer is the time of `Retry-After` in µs, or
/// nothing; then a line for each limit, with name, quota, remaining and µs until it resets, separated by tabs. What is
/// not told is nothing. Names are ASCII.
#[must_use]
pub fn told(fields: &str, wall_secs: f64) -> String {
    let pairs = fields.lines().filter_map(|line| line.split_once(':'));
    let reading = parse(pairs.map(|(name, value)| (name.trim(), value.trim())), wall_secs as u64);
    let mut text = micros(reading.retry_after);
    for limit in &reading.limits {
        let name = limit.name.as_deref().unwrap_or_default();
        let (quota, remaining) = (count(limit.quota), count(limit.remaining));
        text.push_str(&format!("\n{name}\t{quota}\t{remaining}\t{}", micros(limit.reset_after)));
    }
    text
}

fn count(number: Option<u64>) -> String {
    number.map_or_else(String::new, |number| number.to_string())
}

fn micros(span: Option<Span>) -> String {
    count(span.map(Span::as_micros))
}
