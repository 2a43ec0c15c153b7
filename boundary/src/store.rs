//! The calls of a limiter in a store: what to send as text, and what a reply means. Requests, decisions and the numbers
//! of replies are in the scratch array.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use tollgate_core::LimiterConfig;
use tollgate_core::store::{Op, Script, StoreConfig, StoredLimiter, escape_utf16};

use crate::config::{EngineConfig, EngineError, EnginePolicy};
use crate::scratch::Scratch;

/// What a limiter in a store is made from.
#[derive(Clone, Debug)]
pub struct EngineStoreConfig {
    /// See [`LimiterConfig::policies`].
    pub policies: Vec<EnginePolicy>,
    /// See [`StoreConfig::name`].
    pub name: String,
    /// See [`StoreConfig::prefix`].
    pub prefix: String,
}

/// Makes it.
///
/// # Errors
/// The configuration cannot be used.
pub fn create(given: EngineStoreConfig) -> Result<StoredLimiter, EngineError> {
    let EngineStoreConfig { policies, name, prefix } = given;
    let limiter = LimiterConfig::try_from(EngineConfig { policies, max_keys: None, seed: (0.0, 0.0) })?;
    Ok(StoredLimiter::new(StoreConfig { limiter, name, prefix })?)
}

/// Name, digest and text of each script, joined by NULs.
#[must_use]
pub fn scripts() -> String {
    let parts = Script::ALL.map(|script| [script.name().into(), script.sha1(), script.source().into()].join("\0"));
    parts.join("\0")
}

/// What does not change between calls, a line each: the usual script; for all scripts of decisions their numbers in a
/// reply, their commands, and what their arguments begin with; the arguments of a reset; what stands between the tag and
/// the key of a block, of a list of own limits, of a mark of a reset, and of each policy's state.
#[must_use]
pub fn plan(limiter: &StoredLimiter) -> String {
    let all = Script::DECISIONS;
    let numbers = |of: &dyn Fn(Script) -> usize| all.map(|script| of(script).to_string()).join(",");
    let usual = all.iter().position(|script| *script == limiter.usual_script()).unwrap_or_default();
    let mut lines: Vec<String> = Vec::new();
    lines.push(usual.to_string());
    lines.push(numbers(&|script| limiter.words(script)));
    lines.push(numbers(&|script| limiter.commands_each(script)));
    lines.extend(all.map(|script| limiter.head(script).join(",")));
    lines.push(limiter.reset("").args.join(","));
    lines.extend(["block", "limits", "reset"].map(|what| limiter.other_base(what)));
    lines.extend((0..limiter.policies().len()).map(|policy| limiter.base(policy, 0)));
    lines.join("\n")
}

/// A key of UTF-16 code units, as bytes in the order of this machine, as it stands in the store.
#[must_use]
pub fn escape(key: &[u8]) -> String {
    let units: Vec<u16> =
        key.chunks_exact(2).filter_map(|unit| Some(u16::from_ne_bytes(unit.try_into().ok()?))).collect();
    escape_utf16(&units)
}

/// What stands between the tag and the key of a policy's state under a limit.
#[must_use]
pub fn base(limiter: &StoredLimiter, policy: u32, limit: f64) -> String {
    limiter.base(policy as usize, limit as u64)
}

/// The request as an argument of [`Script::Bucket`] or [`Script::Decide`].
#[must_use]
pub fn text(limiter: &StoredLimiter, scratch: &Scratch<'_>, peek: bool) -> String {
    limiter.text(op(peek), scratch.lists().request())
}

/// The arguments of [`Script::Settle`] for the decision and the costs in the scratch array, joined by newlines.
#[must_use]
pub fn settle_args(limiter: &StoredLimiter, scratch: &Scratch<'_>) -> String {
    let decision = scratch.decision(limiter.policies().len());
    limiter.settle("", &decision, scratch.lists().cost()).args.join("\n")
}

/// The arguments of [`Script::Block`] for the duration in the place of the cost, joined by newlines.
#[must_use]
pub fn block_args(limiter: &StoredLimiter, scratch: &Scratch<'_>) -> String {
    limiter.block("", scratch.duration()).args.join("\n")
}

/// Makes a decision of the numbers of a reply. `false` where no script of ours answers so.
#[must_use]
pub fn decision(limiter: &StoredLimiter, scratch: &mut Scratch<'_>, script: u32, peek: bool) -> bool {
    let Some(&script) = Script::DECISIONS.get(script as usize) else { return false };
    let reply = scratch.reply(limiter.words(script));
    let Some((micros, words)) = reply.split_first() else { return false };
    let made = limiter.decision(script, op(peek), scratch.lists().request(), *micros, words);
    if let Ok(decision) = &made {
        scratch.answer(decision);
    }
    made.is_ok()
}

fn op(peek: bool) -> Op {
    if peek { Op::Peek } else { Op::Consume }
}
