//! The calls of a cache of denials: the request, and the decision where there is one, are in the scratch array.

use alloc::vec::Vec;

use tollgate_core::{Denials, DenialsConfig, Span};

use crate::scratch::Scratch;

/// What a cache of denials is made from; what is absent takes the core's default. The numbers have been checked to be
/// whole.
#[derive(Clone, Debug)]
pub struct EngineDenialsConfig {
    /// See [`DenialsConfig::limits`].
    pub limits: Vec<f64>,
    /// See [`DenialsConfig::max_age`], in microseconds.
    pub max_age_micros: Option<f64>,
    /// See [`DenialsConfig::max_keys`].
    pub max_keys: Option<f64>,
    /// See [`DenialsConfig::seed`]: two whole numbers.
    pub seed: (f64, f64),
}

impl From<EngineDenialsConfig> for DenialsConfig {
    fn from(given: EngineDenialsConfig) -> Self {
        let default = Self::default();
        Self {
            limits: given.limits.into_iter().map(|limit| limit as u64).collect(),
            max_age: given.max_age_micros.map_or(default.max_age, |micros| Span::from_micros(micros as u64)),
            max_keys: given.max_keys.map_or(default.max_keys, |keys| keys as usize),
            seed: [given.seed.0 as u64, given.seed.1 as u64],
        }
    }
}

/// Writes the denial that is known for the request; where none is, writes nothing.
#[must_use]
#[inline]
pub fn find(denials: &Denials, scratch: &mut Scratch<'_>, key: &[u8]) -> bool {
    let known = denials.find(key, scratch.lists().request(), scratch.now());
    if let Some(decision) = &known {
        scratch.answer(decision);
    }
    known.is_some()
}

/// Remembers the decision in the scratch array, where it is a denial. The time there is when the call was asked.
pub fn learn(denials: &mut Denials, scratch: &Scratch<'_>, key: &[u8]) {
    let decision = scratch.decision(denials.policies());
    denials.learn(key, scratch.lists().request(), &decision, scratch.now());
}

/// Forgets what is known of a key, up to the time in the scratch array.
pub fn forget(denials: &mut Denials, scratch: &Scratch<'_>, key: &[u8]) {
    denials.forget(key, scratch.now());
}
