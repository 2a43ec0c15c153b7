//! Replies as decisions.

use alloc::vec::Vec;

use super::calls::StoredLimiter;
use super::rule::charged;
use super::script::Script;
use crate::decision::Decision;
use crate::limiter::{Request, outweigh_until};
use crate::time::{Span, Timestamp};

/// Whether a decision charges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Decides and charges.
    Consume,
    /// Says what [`Op::Consume`] would answer.
    Peek,
}

/// A reply that no script of ours gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadReply;

impl core::fmt::Display for BadReply {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the store answered what none of our scripts does")
    }
}

impl core::error::Error for BadReply {}

impl StoredLimiter {
    /// How many numbers each decision has in a reply of a script of [`Script::DECISIONS`], after the time.
    #[must_use]
    pub fn words(&self, script: Script) -> usize {
        match script {
            Script::Window | Script::Bucket => 3,
            _ => 3 + self.rules().iter().map(|rule| rule.width()).sum::<usize>(),
        }
    }

    /// The decision that the numbers of a reply tell about a request. `micros` is the first number of the reply.
    ///
    /// # Errors
    /// The numbers are not those of a decision.
    pub fn decision(
        &self,
        script: Script,
        op: Op,
        request: Request<'_>,
        micros: i64,
        words: &[i64],
    ) -> Result<Decision, BadReply> {
        let now = Timestamp::from_micros(number(micros)?);
        match (script, words) {
            (Script::Window | Script::Bucket, &[first, second, blocked]) => {
                let allowed = first >= 0;
                let first = if allowed { first } else { -1 - first };
                self.read(op, request, now, (allowed, number(blocked)?, 0), &[number(first)?, number(second)?])
            }
            (Script::Decide, &[allowed, blocked, by, ref states @ ..]) => {
                let states = states.iter().map(|&word| number(word)).collect::<Result<Vec<_>, _>>()?;
                self.read(op, request, now, (allowed == 1, number(blocked)?, number(by)?), &states)
            }
            _ => Err(BadReply),
        }
    }

    fn read(
        &self,
        op: Op,
        request: Request<'_>,
        now: Timestamp,
        (allowed, blocked, by): (bool, u64, u64),
        mut words: &[u64],
    ) -> Result<Decision, BadReply> {
        let mut states = Vec::with_capacity(self.rules().len());
        for (i, rule) in self.rules().iter().enumerate() {
            let cost = request.cost.of(i);
            let rule = rule.under(request.limits.get(i).copied().unwrap_or(0));
            let state = rule.read(words, cost, now).ok_or(BadReply)?;
            states.push(if allowed && op == Op::Consume { charged(state, cost) } else { state });
            words = words.get(rule.width()..).ok_or(BadReply)?;
        }
        let mut decision = Decision::from_policies(now, states.into_iter());
        if blocked > 0 {
            outweigh_until(&mut decision, now.saturating_add(Span::from_micros(blocked)), by);
        }
        Ok(decision)
    }
}

fn number(word: i64) -> Result<u64, BadReply> {
    u64::try_from(word).map_err(|_| BadReply)
}
