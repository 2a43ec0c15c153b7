//! The calls of a limiter: numbers from the scratch array, one core call, numbers into the scratch array.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use tollgate_core::Limiter;
use tollgate_core::http::{Dialect, problem_json, quotas, write_field_values};

use crate::config::EngineError;
use crate::scratch::Scratch;

/// Decides and charges.
#[inline]
pub fn consume(limiter: &mut Limiter, scratch: &mut Scratch<'_>, key: &[u8]) {
    let decision = limiter.consume(key, scratch.lists().request(), scratch.now());
    scratch.answer(&decision);
}

/// What [`consume`] would answer.
pub fn peek(limiter: &Limiter, scratch: &mut Scratch<'_>, key: &[u8]) {
    let decision = limiter.peek(key, scratch.lists().request(), scratch.now());
    scratch.answer(&decision);
}

/// Corrects the decision in the scratch array to the costs given there.
pub fn settle(limiter: &mut Limiter, scratch: &Scratch<'_>, key: &[u8]) {
    let decision = scratch.decision(limiter.policies().len());
    limiter.settle(key, &decision, scratch.lists().cost(), scratch.now());
}

/// Forgets a key.
pub fn reset(limiter: &mut Limiter, scratch: &Scratch<'_>, key: &[u8]) {
    limiter.reset(key, scratch.now());
}

/// Blocks a key for the duration given in the place of the cost.
pub fn block(limiter: &mut Limiter, scratch: &Scratch<'_>, key: &[u8]) {
    limiter.block(key, scratch.duration(), scratch.now());
}

/// All that is known of a key; see [`Limiter::save`].
#[must_use]
pub fn save(limiter: &Limiter, key: &[u8]) -> Vec<f64> {
    limiter.save(key).into_iter().map(|word| word as f64).collect()
}

/// Takes over what [`save`] returned.
///
/// # Errors
/// See [`Limiter::restore`].
pub fn restore(limiter: &mut Limiter, key: &[u8], saved: &[f64]) -> Result<(), EngineError> {
    let words: Vec<u64> = saved.iter().map(|&word| saved_word(word)).collect();
    Ok(limiter.restore(key, &words)?)
}

/// What is no whole number becomes one that is never allowed.
fn saved_word(word: f64) -> u64 {
    let whole = word as u64;
    if whole as f64 == word { whole } else { u64::MAX }
}

/// The values of a dialect's fields for the decision in the scratch array, joined by newlines; ASCII. `None` where
/// `dialect` is no index in [`Dialect::ALL`].
#[must_use]
pub fn headers(limiter: &Limiter, scratch: &Scratch<'_>, dialect: u32) -> Option<String> {
    let dialect = Dialect::ALL.get(dialect as usize)?;
    let decision = scratch.decision(limiter.policies().len());
    let quotas = quotas(limiter.policies(), &decision);
    let mut text = String::with_capacity(96);
    write_field_values(&mut text, *dialect, &quotas, decision.binding, scratch.wall_secs(), '\n');
    Some(text)
}

/// The problem+json body for the refusal in the scratch array; ASCII.
#[must_use]
pub fn problem(limiter: &Limiter, scratch: &Scratch<'_>, status: u32) -> String {
    let decision = scratch.decision(limiter.policies().len());
    let violated = decision.violated().filter_map(|i| limiter.policies().get(i));
    let names = violated.map(|policy| policy.name.as_str());
    problem_json(u16::try_from(status).unwrap_or(429), names, decision.retry_after)
}

/// `"keys overflowed bytes"`.
#[must_use]
pub fn size(limiter: &Limiter) -> String {
    let size = limiter.size();
    format!("{} {} {}", size.keys, size.overflowed, size.bytes)
}
