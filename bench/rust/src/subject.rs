//! What is measured: one keyed check each, behind one trait, with the same clock for all.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, QuantaClock, QuantaInstant, Reference};
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use tollgate_core::{Algorithm, Limiter, LimiterConfig, Policy, Span, Timestamp};

use crate::key::Key;

/// Calls that one key may make at once in every subject.
pub(crate) const LIMIT: u32 = 900;
/// So long that nothing expires and nothing is refilled while a run lasts: all subjects hold all keys.
pub(crate) const WINDOW_SECS: u64 = 86_400;
/// More than any run inserts.
const MAX_KEYS: usize = 1 << 25;

/// A keyed rate limiter.
pub(crate) trait Subject {
    type Key: Key;
    /// Whether it ever says no.
    const LIMITS: bool = true;
    /// Whether the same insertions do the same work in every run (the others draw their seeds).
    const REPEATS: bool = false;
    /// Whether a call under `key` may go, now.
    fn check(&mut self, key: &Self::Key) -> bool;
}

/// Microseconds and less from governor's default clock, read once a check by every subject.
struct Watch {
    clock: QuantaClock,
    origin: QuantaInstant,
}

impl Watch {
    fn start() -> Self {
        let clock = QuantaClock::default();
        Self { origin: clock.now(), clock }
    }

    #[inline]
    fn micros(&self) -> u64 {
        self.clock.now().duration_since(self.origin).as_u64() / 1_000
    }
}

/// Only the clock and the key: what every other subject pays as well.
pub(crate) struct ClockOnly(Watch);

impl ClockOnly {
    pub(crate) fn new() -> Self {
        Self(Watch::start())
    }
}

impl Subject for ClockOnly {
    type Key = String;
    const LIMITS: bool = false;

    #[inline]
    fn check(&mut self, key: &String) -> bool {
        std::hint::black_box(self.0.micros()) < u64::MAX && !key.is_empty()
    }
}

/// Ours with one policy.
pub(crate) struct Tollgate<K> {
    limiter: Limiter,
    watch: Watch,
    key: std::marker::PhantomData<K>,
}

impl<K> Tollgate<K> {
    pub(crate) fn fixed_window() -> Self {
        Self::with(Policy { limit: LIMIT.into(), ..day(Algorithm::FixedWindow) })
    }

    pub(crate) fn sliding_window() -> Self {
        Self::with(Policy { limit: LIMIT.into(), ..day(Algorithm::SlidingWindow) })
    }

    /// 900 a day is one each 96 s: a whole number of microseconds, so 8 bytes are enough.
    pub(crate) fn whole_token_bucket() -> Self {
        Self::with(Policy { limit: LIMIT.into(), ..day(Algorithm::TokenBucket) })
    }

    /// 901 a day leave a fraction of a microsecond: 16 bytes.
    pub(crate) fn token_bucket() -> Self {
        let limit = u64::from(LIMIT) + 1;
        Self::with(Policy { limit, burst: Some(LIMIT.into()), ..day(Algorithm::TokenBucket) })
    }

    #[expect(clippy::expect_used, reason = "the policies above are valid")]
    fn with(policy: Policy) -> Self {
        let config = LimiterConfig { policies: vec![policy], max_keys: MAX_KEYS, seed: [0x5eed, 0x1234] };
        let limiter = Limiter::new(config).expect("a valid policy");
        Self { limiter, watch: Watch::start(), key: std::marker::PhantomData }
    }

    #[inline]
    fn consume(&mut self, key: &[u8]) -> bool {
        self.limiter.consume(key, 1, Timestamp::from_micros(self.watch.micros())).allowed
    }
}

fn day(algorithm: Algorithm) -> Policy {
    Policy { window: Span::from_secs(WINDOW_SECS), algorithm, ..Policy::default() }
}

impl Subject for Tollgate<String> {
    type Key = String;
    const REPEATS: bool = true;

    #[inline]
    fn check(&mut self, key: &String) -> bool {
        self.consume(key.as_bytes())
    }
}

impl Subject for Tollgate<u64> {
    type Key = u64;

    #[inline]
    fn check(&mut self, key: &u64) -> bool {
        self.consume(&key.to_ne_bytes())
    }
}

/// governor over its default keyed store.
pub(crate) struct Governor<K: Key + Eq + std::hash::Hash>(RateLimiter<K, DashMapStateStore<K>, QuantaClock>);

impl<K: Key + Eq + std::hash::Hash> Governor<K> {
    #[expect(clippy::expect_used, reason = "constants above zero")]
    pub(crate) fn new() -> Self {
        let burst = NonZeroU32::new(LIMIT).expect("a limit above zero");
        let quota = Quota::with_period(Duration::from_secs(WINDOW_SECS) / LIMIT).expect("a period above zero");
        Self(RateLimiter::dashmap(quota.allow_burst(burst)))
    }

    /// Also from several threads.
    #[inline]
    pub(crate) fn check_key(&self, key: &K) -> bool {
        self.0.check_key(key).is_ok()
    }
}

impl<K: Key + Eq + std::hash::Hash> Subject for Governor<K> {
    type Key = K;

    #[inline]
    fn check(&mut self, key: &K) -> bool {
        self.check_key(key)
    }
}

/// When the window ends, and what was used in it.
type Counter = (u64, u32);

#[inline]
fn count(counter: &mut Counter, now: u64) -> bool {
    if counter.0 <= now {
        *counter = (now + WINDOW_SECS * 1_000_000, 0);
    }
    let allowed = counter.1 < LIMIT;
    counter.1 += u32::from(allowed);
    allowed
}

/// A bare map of counters, nothing ever removed.
pub(crate) struct BareMap<M> {
    map: M,
    watch: Watch,
}

impl<M: Default> BareMap<M> {
    pub(crate) fn new() -> Self {
        Self { map: M::default(), watch: Watch::start() }
    }
}

/// The map of the standard library.
pub(crate) type Std = BareMap<HashMap<String, Counter>>;
/// hashbrown with its default hasher.
pub(crate) type Hashbrown = BareMap<hashbrown::HashMap<String, Counter>>;

macro_rules! subject_of_map {
    ($map:ty) => {
        impl Subject for BareMap<$map> {
            type Key = String;

            #[inline]
            fn check(&mut self, key: &String) -> bool {
                let now = self.watch.micros();
                match self.map.get_mut(key.as_str()) {
                    Some(counter) => count(counter, now),
                    None => count(self.map.entry(key.clone()).or_default(), now),
                }
            }
        }
    };
}

subject_of_map!(HashMap<String, Counter>);
subject_of_map!(hashbrown::HashMap<String, Counter>);
