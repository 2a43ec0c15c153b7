//! When to stop asking a store that fails, and when to try it again.

use crate::policy::{ConfigError, millis};
use crate::time::{Span, Timestamp};

/// What a [`Breaker`] is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerConfig {
    /// Failures in a row that open it: 1 to [`BreakerConfig::MAX_FAILURES`].
    pub failures: u32,
    /// The first probe comes half of this to all of this after the opening: [`BreakerConfig::MIN_DELAY`] to
    /// `max_delay`.
    pub first_delay: Span,
    /// Every failed probe doubles the delay, up to this: at most [`BreakerConfig::MAX_DELAY`].
    pub max_delay: Span,
    /// Any number, another one in each process, so that processes do not probe in step.
    pub seed: u64,
}

impl BreakerConfig {
    /// The largest number of failures.
    pub const MAX_FAILURES: u32 = 1_000;
    /// The shortest delay.
    pub const MIN_DELAY: Span = Span::from_millis(1);
    /// The longest delay.
    pub const MAX_DELAY: Span = Span::from_secs(600);

    fn check(self) -> Result<Self, ConfigError> {
        if !(1..=Self::MAX_FAILURES).contains(&self.failures) {
            let allowed = "a whole number from 1 to 1000";
            return Err(ConfigError::new("CONFIG_BREAKER", "failures", self.failures, allowed));
        }
        check_delay("firstDelay", self.first_delay, Self::MIN_DELAY, "1 ms to 10 minutes")?;
        check_delay("maxDelay", self.max_delay, self.first_delay, "firstDelay to 10 minutes")?;
        Ok(self)
    }
}

fn check_delay(field: &str, delay: Span, least: Span, allowed: &str) -> Result<(), ConfigError> {
    if (least..=BreakerConfig::MAX_DELAY).contains(&delay) {
        return Ok(());
    }
    Err(ConfigError::new("CONFIG_BREAKER", field, millis(delay), allowed))
}

impl Default for BreakerConfig {
    /// Three failures: one more than the two calls that a client has in flight, so that one pause of the store, however
    /// it hits them, does not open it; and a store that is dead costs two deadlines, not more. Probes after 100 ms at
    /// first, because most failures are short (a failover, a fork), and every 2 s at last: one call in 2 s that waits
    /// is a price that nobody notices, and 2 s without the store after an outage of minutes is not either.
    fn default() -> Self {
        Self { failures: 3, first_delay: Span::from_millis(100), max_delay: Span::from_secs(2), seed: 0 }
    }
}

/// Whether a call may go to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// No: decide without the store, at once.
    No,
    /// Yes.
    Yes,
    /// Yes, as the one call that finds out whether the store is back.
    Probe,
}

/// Says when a store that fails is left alone, so that no call waits for it in vain.
///
/// *Closed*, it lets every call through. [`BreakerConfig::failures`] failures in a row open it. *Open*, it lets through
/// one probe at a time, the first after `first_delay`, each further one after twice the delay of the last, up to
/// `max_delay` (a random part, up to a half, is taken off). One success closes it.
///
/// So of calls that follow one another, at most `failures` wait on a dead store, and then one for each probe; calls that
/// were on their way when it opened wait as well. A store that answers again is asked within `max_delay` of the end of
/// the probe before.
///
/// # Order of calls
/// Each call that [`Breaker::may_ask`] let through ends with exactly one of [`Breaker::succeeded`] and
/// [`Breaker::failed`], with the [`Ask`] that it got: a probe that is never reported would keep the store closed off.
/// A call without an answer within its deadline has failed; if it is answered after all, [`Breaker::answered_late`]
/// is told. No timer is needed: [`Breaker::poll_timeout`] only says what `may_ask` will find. `now` comes from a
/// monotonic clock; where it goes backwards, no time has passed.
///
/// ```
/// use tollgate_core::{Ask, Breaker, BreakerConfig, Timestamp};
/// let mut breaker = Breaker::new(BreakerConfig::default())?;
/// for _ in 0..3 {
///     assert_eq!(breaker.may_ask(Timestamp::ZERO), Ask::Yes);
///     breaker.failed(Ask::Yes, Timestamp::ZERO);
/// }
/// assert_eq!(breaker.may_ask(Timestamp::ZERO), Ask::No);
/// let later = Timestamp::from_millis(100);
/// assert_eq!(breaker.may_ask(later), Ask::Probe);
/// assert_eq!(breaker.may_ask(later), Ask::No);
/// breaker.succeeded(Ask::Probe, later);
/// assert_eq!(breaker.may_ask(later), Ask::Yes);
/// # Ok::<(), tollgate_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Breaker {
    config: BreakerConfig,
    /// State of the generator of random numbers.
    random: u64,
    latest: Timestamp,
    /// Failures since the last success; counted while closed.
    failures: u32,
    open: Option<Opening>,
    probe_out: bool,
    openings: u64,
}

/// What an open breaker waits for.
#[derive(Clone, Copy, Debug)]
struct Opening {
    delay: Span,
    probe_at: Timestamp,
}

impl Breaker {
    /// A closed breaker.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    pub fn new(config: BreakerConfig) -> Result<Self, ConfigError> {
        let config = config.check()?;
        Ok(Self {
            config,
            random: config.seed,
            latest: Timestamp::ZERO,
            failures: 0,
            open: None,
            probe_out: false,
            openings: 0,
        })
    }

    /// Whether a call may go to the store now. [`Ask::Probe`] is said to one call at a time.
    pub fn may_ask(&mut self, now: Timestamp) -> Ask {
        let now = self.advance(now);
        match self.open {
            None => Ask::Yes,
            Some(opening) if self.probe_out || now < opening.probe_at => Ask::No,
            Some(_) => {
                self.probe_out = true;
                Ask::Probe
            }
        }
    }

    /// A call was answered within its deadline: the store is there. Also a call from before the opening says so.
    pub fn succeeded(&mut self, ask: Ask, now: Timestamp) {
        self.advance(now);
        self.end(ask);
        self.failures = 0;
        self.open = None;
    }

    /// A call had an error, or no answer within its deadline. One from before the opening changes nothing any more.
    pub fn failed(&mut self, ask: Ask, now: Timestamp) {
        let now = self.advance(now);
        self.end(ask);
        match self.open {
            None => self.count_failure(now),
            Some(Opening { delay, .. }) if ask == Ask::Probe => {
                self.wait(Span::from_micros(delay.as_micros().saturating_mul(2)).min(self.config.max_delay), now);
            }
            Some(_) => {}
        }
    }

    /// A call that was given up, and reported as failed, was answered after all. This is no success, else a store that
    /// always answers too late would never be left alone; but it is a sign of life: the next probe comes within
    /// `first_delay`.
    pub fn answered_late(&mut self, now: Timestamp) {
        let soon = self.advance(now).saturating_add(self.config.first_delay);
        if let Some(opening) = &mut self.open {
            opening.probe_at = opening.probe_at.min(soon);
        }
    }

    /// When the next probe may go; `None` while closed, and while a probe is out.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.open.filter(|_| !self.probe_out).map(|opening| opening.probe_at)
    }

    /// Whether calls are kept from the store.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// How often it has opened.
    #[must_use]
    pub fn openings(&self) -> u64 {
        self.openings
    }

    fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.latest = self.latest.max(now);
        self.latest
    }

    fn end(&mut self, ask: Ask) {
        if ask == Ask::Probe {
            self.probe_out = false;
        }
    }

    fn count_failure(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.config.failures {
            self.failures = 0;
            self.openings = self.openings.saturating_add(1);
            self.wait(self.config.first_delay, now);
        }
    }

    /// Holds the next probe back for `delay`, less a random part of up to a half.
    fn wait(&mut self, delay: Span, now: Timestamp) {
        let most = delay.as_micros();
        let off = self.next_random() % (most / 2 + 1);
        let probe_at = now.saturating_add(Span::from_micros(most - off));
        self.open = Some(Opening { delay, probe_at });
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
