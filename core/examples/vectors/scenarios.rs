//! Which policies are played, and how calls are drawn for them.

use tollgate_core::{Algorithm, MAX_SAFE_INTEGER, Policy, Span};

use super::recorder::Recorder;
use super::splitmix::SplitMix;

/// Decisions do not depend on how a key is written; engines must keep all of these apart.
const KEYS: [&str; 5] = ["ann", "198.51.100.7", "größe ✓ 鍵 🔑", "", "a\u{0}b\"\\\n"];

pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) policies: Vec<Policy>,
    start: u64,
    steps: usize,
    /// Costs to draw from, besides small ones.
    costs: Vec<u64>,
    /// Own limits to draw from.
    limits: Vec<u64>,
    /// Whether refunds, settlements, resets and blocks are mixed in.
    every_verb: bool,
}

/// The files, and what is in them.
pub(crate) fn all() -> Vec<(String, Vec<Scenario>)> {
    let mut files: Vec<_> =
        Algorithm::ALL.into_iter().map(|algorithm| (algorithm.name().to_owned(), of_one(algorithm))).collect();
    files.push(("several-policies".to_owned(), of_several()));
    files.push(("own-limits".to_owned(), Algorithm::ALL.into_iter().map(own_limits).collect()));
    files.push(("blocks".to_owned(), blocking()));
    files
}

fn policy(algorithm: Algorithm, limit: u64, micros: u64) -> Policy {
    Policy { name: Some("p0".to_owned()), limit, window: Span::from_micros(micros), algorithm, ..Policy::default() }
}

fn of_one(algorithm: Algorithm) -> Vec<Scenario> {
    let decade = Policy::MAX_WINDOW.as_micros();
    let mut configs = vec![
        (5, 1_000, None),
        (7, 1_000_000, None),
        (100, 60_000_000, None),
        (3, 1_000_001, None),
        (1, 1_000, None),
        (1, decade, None),
        (MAX_SAFE_INTEGER, 1_000, None),
        (MAX_SAFE_INTEGER, decade, None),
        (1_000_003, 86_400_000_000, None),
    ];
    match algorithm {
        Algorithm::FixedWindow => configs.extend([2_045, 2_046, 2_047, 2_048].map(|limit| (limit, 1_000_000, None))),
        Algorithm::SlidingWindow => configs.extend([(10, 10_000, None), (11, 1_009, None)]),
        Algorithm::TokenBucket => {
            configs.extend([(7, 1_000_000, Some(1)), (3, 1_000, Some(20)), (10, 10_000, Some(4))])
        }
    }
    configs
        .into_iter()
        .map(|(limit, micros, burst)| one(Policy { burst, ..policy(algorithm, limit, micros) }))
        .collect()
}

fn one(policy: Policy) -> Scenario {
    let burst = policy.burst.map_or(String::new(), |burst| format!(" burst {burst}"));
    let name = format!("{} {} per {} us{burst}", policy.algorithm.name(), policy.limit, policy.window.as_micros());
    let most = policy.burst.unwrap_or(policy.limit);
    let near = [most / 3, most / 2, most - 1, most, (most + 1).min(MAX_SAFE_INTEGER)];
    // Large limits are used up in a few steps; the others also come near the end of time.
    let start = if policy.limit % 2 == 0 { MAX_SAFE_INTEGER - 40 * policy.window.as_micros().min(1 << 40) } else { 0 };
    Scenario { name, policies: vec![policy], start, steps: 36, costs: near.to_vec(), limits: vec![], every_verb: true }
}

fn of_several() -> Vec<Scenario> {
    use Algorithm::{FixedWindow, SlidingWindow, TokenBucket};
    [
        ("10 a second and 30 a minute", vec![policy(FixedWindow, 10, 1_000_000), policy(FixedWindow, 30, 60_000_000)]),
        ("requests and tokens", vec![policy(TokenBucket, 5, 60_000_000), policy(TokenBucket, 3_000, 60_000_000)]),
        (
            "one of each",
            vec![policy(FixedWindow, 4, 5_000), policy(SlidingWindow, 5, 7_000), policy(TokenBucket, 6, 9_001)],
        ),
        (
            "the shortest and the longest",
            vec![policy(TokenBucket, 3, 1_000), policy(SlidingWindow, 9, 315_576_000_000_000)],
        ),
    ]
    .into_iter()
    .map(|(name, policies)| several(name, policies))
    .collect()
}

fn several(name: &str, mut policies: Vec<Policy>) -> Scenario {
    for (i, policy) in policies.iter_mut().enumerate() {
        policy.name = Some(format!("p{i}"));
    }
    Scenario {
        name: name.to_owned(),
        policies,
        start: 12_345,
        steps: 60,
        costs: vec![0, 4, 5, 1_000],
        limits: vec![],
        every_verb: true,
    }
}

fn own_limits(algorithm: Algorithm) -> Scenario {
    Scenario {
        name: format!("own limits, {}", algorithm.name()),
        policies: vec![policy(algorithm, 6, 10_000)],
        start: 77,
        steps: 80,
        costs: vec![6, 9, 2_047],
        limits: vec![0, 6, 3, 9, 2_047, MAX_SAFE_INTEGER],
        every_verb: true,
    }
}

fn blocking() -> Vec<Scenario> {
    let blocks = |policy: Policy, micros| Policy { block_for: Some(Span::from_micros(micros)), ..policy };
    let fixed = policy(Algorithm::FixedWindow, 3, 2_000);
    let bucket = policy(Algorithm::TokenBucket, 4, 3_000);
    let decade = Policy::MAX_WINDOW.as_micros();
    let mut scenarios = vec![
        several("a block longer than the window", vec![blocks(fixed.clone(), 15_000)]),
        several("a block shorter than the window", vec![blocks(bucket.clone(), 1_000)]),
        several("two policies that block", vec![blocks(fixed.clone(), 9_000), blocks(bucket.clone(), 12_000)]),
        several(
            "one of two policies blocks",
            vec![blocks(fixed.clone(), 4_000), policy(Algorithm::SlidingWindow, 5, 20_000)],
        ),
        several("a block of ten years", vec![blocks(fixed, decade)]),
    ];
    for scenario in &mut scenarios {
        scenario.steps = 40;
    }
    scenarios
}

impl Scenario {
    pub(crate) fn play(&self, recorder: &mut Recorder, draw: &mut SplitMix) {
        let mut now = self.start;
        for _ in 0..self.steps {
            now = self.moved(now, recorder.due(), draw).min(MAX_SAFE_INTEGER - 1);
            self.step(recorder, draw, now);
        }
    }

    /// Stays, moves by parts of a window, to the moment a refused call may come again or just before it, or
    /// (rarely) back.
    fn moved(&self, now: u64, due: Option<u64>, draw: &mut SplitMix) -> u64 {
        let policy = draw.up_to(self.policies.len() as u64 - 1) as usize;
        let window = self.policies.get(policy).map_or(1_000, |policy| policy.window.as_micros());
        match (draw.up_to(11), due) {
            (0 | 1, Some(due)) => due,
            (2, Some(due)) => due.saturating_sub(1),
            (3 | 4, _) => now + draw.up_to(window / 10),
            (5, _) => now + window / 10 * draw.up_to(12),
            (6, _) => now + draw.up_to(window),
            (7, _) if draw.once_in(3) => now.saturating_sub(draw.up_to(window)),
            _ => now,
        }
    }

    fn step(&self, recorder: &mut Recorder, draw: &mut SplitMix, now: u64) {
        let key = if draw.once_in(3) { draw.pick(&KEYS, "ann") } else { "ann" };
        match draw.up_to(19) {
            0 | 1 => recorder.peek(key, &self.amounts(draw), &self.own(draw), now),
            2 | 3 if self.every_verb && recorder.decided() > 0 => {
                let latest = recorder.decided() as u64 - 1;
                recorder.settle((latest - draw.up_to(latest.min(3))) as usize, None, now);
                recorder.peek(key, &self.amounts(draw), &[], now);
            }
            4 if self.every_verb && recorder.decided() > 0 => {
                let actual = self.amounts(draw);
                recorder.settle(recorder.decided() - 1, Some(&actual), now);
            }
            5 if draw.once_in(2) && self.every_verb => recorder.reset(key, now),
            6 if draw.once_in(2) && self.every_verb => recorder.block(key, draw.up_to(20_000), now),
            _ => recorder.consume(key, &self.amounts(draw), &self.own(draw), now),
        }
    }

    fn amounts(&self, draw: &mut SplitMix) -> Vec<u64> {
        let one = |draw: &mut SplitMix| {
            if draw.once_in(3) { draw.pick(&self.costs, 1) } else { draw.pick(&[1, 1, 1, 2, 3, 0], 1) }
        };
        self.policies.iter().map(|_| one(draw)).collect()
    }

    fn own(&self, draw: &mut SplitMix) -> Vec<u64> {
        if self.limits.is_empty() {
            Vec::new()
        } else {
            self.policies.iter().map(|_| draw.pick(&self.limits, 0)).collect()
        }
    }
}
