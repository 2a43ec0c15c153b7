//! The calls of a pacer. All numbers travel through the scratch array, whose first cells have the layout below;
//! `js/src/pacer/cells.ts` is its twin. Costs for each policy are where those of a limiter's calls are.

use alloc::vec::Vec;

use tollgate_core::{
    Admission, ConfigError, MAX_SAFE_INTEGER, Pacer, PacerConfig, PacerEvent, Policy, Rejection, Span, Submission,
    TicketId, Timestamp,
};

use crate::config::{EngineError, EnginePolicy};
use crate::scratch::{COSTS, LIMITS, Scratch};

/// In: the ticket that a call is about, a duration in µs, or the concurrency.
const SUBJECT: usize = 3;
/// In: the priority of a submission; the policy that is learnt about.
const PRIORITY: usize = 4;
/// In: the lane of a submission; what is left, of what is learnt.
const LANE: usize = 5;
/// In: the deadline of a submission in µs, −1 for none; until when in µs, of what is learnt.
const DEADLINE: usize = 6;

/// Out: what became of a submission, as an index in [`Outcome`]; 1 where a call has found its ticket.
const OUTCOME: usize = 3;
/// Out: the ticket of a submission.
const TICKET: usize = 4;
/// Out: when to drain next, in µs; −1 for never.
const NEXT: usize = 5;
/// Out: how many events there are; of `drain`, how many it hands out.
const EVENTS: usize = 6;
/// Out: how many tickets wait.
const WAITING: usize = 7;
/// Out: how many run.
const RUNNING: usize = 8;
/// Out: until when there is a pause in µs, −1 for none.
const PAUSED_UNTIL: usize = 9;
/// Out: policy, cost and limit where a submission is too large; of `drain`, its events: a ticket that has started as
/// its number, one that has expired as −1 less its number.
const LIST: usize = 10;
/// Events that one `drain` hands out at most.
const MOST_EVENTS: usize = 64;

/// What became of a submission.
#[derive(Clone, Copy)]
enum Outcome {
    Waiting,
    Started,
    TooLarge,
    QueueFull,
}

/// What a pacer is made from; what is absent takes the core's default. The numbers have been checked to be whole.
#[derive(Clone, Debug)]
pub struct EnginePacerConfig {
    /// See [`PacerConfig::policies`].
    pub policies: Vec<EnginePolicy>,
    /// See [`PacerConfig::concurrency`].
    pub concurrency: Option<f64>,
    /// See [`PacerConfig::max_queue`].
    pub max_queue: Option<f64>,
}

/// Makes a pacer.
///
/// # Errors
/// The configuration cannot be used.
pub fn create(given: EnginePacerConfig) -> Result<Pacer, EngineError> {
    let default = PacerConfig::default();
    let config = PacerConfig {
        policies: given.policies.into_iter().map(Policy::try_from).collect::<Result<_, _>>()?,
        concurrency: given.concurrency.map(|concurrency| concurrency as u64),
        max_queue: given.max_queue.map_or(default.max_queue, |most| most as u64),
        ageing: default.ageing,
    };
    Pacer::new(config).map_err(|error: ConfigError| error.into())
}

/// Asks for a call.
#[inline]
pub fn submit(pacer: &mut Pacer, scratch: &mut Scratch<'_>) {
    let lists = scratch.lists();
    let submission = Submission {
        cost: lists.cost(),
        priority: scratch.number(PRIORITY) as i32,
        lane: scratch.whole(LANE) as u32,
        deadline: Some(scratch.number(DEADLINE)).filter(|&at| at >= 0.0).map(at),
    };
    let outcome = match pacer.submit(submission, scratch.now()) {
        Ok(Admission::Started(id)) => admit(scratch, Outcome::Started, id),
        Ok(Admission::Waiting(id)) => admit(scratch, Outcome::Waiting, id),
        Err(rejection) => put_rejection(scratch, rejection),
    };
    scratch.put(OUTCOME, outcome as u64);
    report(pacer, scratch);
}

#[inline]
fn admit(scratch: &mut Scratch<'_>, outcome: Outcome, id: TicketId) -> Outcome {
    scratch.put(TICKET, id.number());
    outcome
}

fn put_rejection(scratch: &mut Scratch<'_>, rejection: Rejection) -> Outcome {
    let Rejection::TooLarge { policy, cost, limit } = rejection else { return Outcome::QueueFull };
    for (i, number) in [policy as u64, cost, limit].into_iter().enumerate() {
        scratch.put(LIST + i, number);
    }
    Outcome::TooLarge
}

/// A call has ended.
#[inline]
pub fn finish(pacer: &mut Pacer, scratch: &mut Scratch<'_>) {
    let found = pacer.finish(ticket(scratch), scratch.now());
    answer(pacer, scratch, found);
}

/// Corrects what a call has taken to the costs given.
pub fn settle(pacer: &mut Pacer, scratch: &mut Scratch<'_>) {
    let lists = scratch.lists();
    let found = pacer.settle(ticket(scratch), lists.cost(), scratch.now());
    answer(pacer, scratch, found);
}

/// Takes back a ticket that waits.
pub fn cancel(pacer: &mut Pacer, scratch: &mut Scratch<'_>) {
    let found = pacer.cancel(ticket(scratch), scratch.now());
    answer(pacer, scratch, found);
}

/// Takes back all tickets that wait.
pub fn clear(pacer: &mut Pacer, scratch: &mut Scratch<'_>) {
    pacer.clear();
    report(pacer, scratch);
}

/// Starts nothing for a while.
pub fn pause(pacer: &mut Pacer, scratch: &mut Scratch<'_>) {
    pacer.pause(Span::from_micros(scratch.whole(SUBJECT)), scratch.now());
    report(pacer, scratch);
}

/// Ends a pause.
pub fn resume(pacer: &mut Pacer, scratch: &mut Scratch<'_>) {
    pacer.resume(scratch.now());
    report(pacer, scratch);
}

/// Sets what may be used of each limit (where those of a limiter's calls are) and of the concurrency.
pub fn set_share(pacer: &mut Pacer, scratch: &mut Scratch<'_>) {
    let shares = scratch.list(LIMITS);
    pacer.set_share(&shares, scratch.whole(SUBJECT), scratch.now());
    report(pacer, scratch);
}

/// Replaces the limits (where those of a limiter's calls are) and the concurrency; 0 for what stays.
pub fn set_limits(pacer: &mut Pacer, scratch: &mut Scratch<'_>) {
    let limits = scratch.list(LIMITS);
    let concurrency = Some(scratch.whole(SUBJECT)).filter(|&concurrency| concurrency > 0);
    pacer.set_limits(&limits, concurrency, scratch.now());
    report(pacer, scratch);
}

/// Takes back a ticket that waits and costs more than a limit.
pub fn cancel_unfit(pacer: &mut Pacer, scratch: &mut Scratch<'_>) {
    let rejection = pacer.cancel_unfit(ticket(scratch), scratch.now());
    if let Some(rejection) = rejection {
        put_rejection(scratch, rejection);
    }
    answer(pacer, scratch, rejection.is_some());
}

/// What the other side has told about a policy in its answer to a call.
pub fn learn(pacer: &mut Pacer, scratch: &mut Scratch<'_>) {
    let (policy, left) = (scratch.whole(PRIORITY) as usize, scratch.whole(LANE));
    let span = Span::from_micros(scratch.whole(DEADLINE));
    pacer.learn(ticket(scratch), policy, left, span, scratch.now());
    report(pacer, scratch);
}

/// Everything that was handed out has begun.
pub fn begun(pacer: &mut Pacer, scratch: &mut Scratch<'_>) {
    pacer.begun(scratch.now());
    report(pacer, scratch);
}

/// Lets time pass, and hands out events; there may be more.
pub fn drain(pacer: &mut Pacer, scratch: &mut Scratch<'_>) {
    pacer.handle_timeout(scratch.now());
    let mut count = 0;
    while count < MOST_EVENTS {
        let Some(event) = pacer.poll_event() else { break };
        scratch.put_number(LIST + count, event_number(event));
        count += 1;
    }
    report(pacer, scratch);
    scratch.put(EVENTS, count as u64);
}

/// What has started in each policy's window, and what may be used of it, where costs and limits of calls are.
pub fn state(pacer: &mut Pacer, scratch: &mut Scratch<'_>) {
    pacer.handle_timeout(scratch.now());
    for policy in 0..pacer.policies().len() {
        scratch.put(COSTS + policy, pacer.used(policy));
        scratch.put(LIMITS + policy, pacer.share(policy));
    }
    report(pacer, scratch);
}

fn event_number(event: PacerEvent) -> f64 {
    match event {
        PacerEvent::Started(id) => id.number() as f64,
        PacerEvent::Expired(id) => -1.0 - id.number() as f64,
    }
}

#[inline]
fn answer(pacer: &Pacer, scratch: &mut Scratch<'_>, found: bool) {
    scratch.put(OUTCOME, u64::from(found));
    report(pacer, scratch);
}

/// What a host has to know after each call.
#[inline]
fn report(pacer: &Pacer, scratch: &mut Scratch<'_>) {
    let time = |at: Option<Timestamp>| at.map_or(-1.0, |at| at.as_micros() as f64);
    scratch.put_number(NEXT, time(pacer.poll_timeout()));
    scratch.put(EVENTS, pacer.events() as u64);
    scratch.put(WAITING, pacer.waiting());
    scratch.put(RUNNING, pacer.running());
    scratch.put_number(PAUSED_UNTIL, time(pacer.paused_until()));
}

fn ticket(scratch: &Scratch<'_>) -> TicketId {
    TicketId::from_number(scratch.whole(SUBJECT))
}

fn at(micros: f64) -> Timestamp {
    Timestamp::from_micros((micros as u64).min(MAX_SAFE_INTEGER))
}
