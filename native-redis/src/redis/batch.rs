//! Decisions that travel together.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::Value;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tollgate_core::Decision;
use tollgate_core::store::{Op, Part, Script, StoredLimiter};

use super::error::StoreError;
use super::link::{Link, ScriptCall};
use crate::cost::Request;

/// Commands that one call runs in Redis at most: measured, its 99th percentile stays below 0.7 ms.
const COMMANDS_A_CALL: usize = 256;
/// Calls that are out while further decisions gather: measured, more make the calls smaller and nothing faster.
const CALLS_OUT: usize = 2;
/// As many questions are worth two calls, where nothing is out: Redis decides one half while the other is on its way.
const WORTH_TWO_CALLS: usize = 16;

/// What a question is answered with.
pub(super) type Answer = Result<Decision, StoreError>;

/// One decision on its way.
struct Question {
    op: Op,
    request: Request,
    part: Part,
    deadline: Instant,
    answer: oneshot::Sender<Answer>,
}

/// Decisions of one limiter by one script, in a cluster those of one partition.
///
/// Where nothing is out, what is there is sent as soon as the task runs that sends it. Else the task yields once before,
/// so that all tasks that are ready to ask, ask first.
pub(super) struct Batcher {
    link: Arc<Link>,
    limiter: Arc<StoredLimiter>,
    script: Script,
    group: u32,
    head: Vec<String>,
    longest: usize,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Question>,
    /// Whether there is a task that will take what waits.
    gathering: bool,
    /// Calls that have no answer yet.
    out: usize,
}

impl Queue {
    /// How many questions the next call takes at most. With one call out at a time, Redis would wait while its answers
    /// are read, and we while it decides.
    fn worth_sending(&self, longest: usize) -> usize {
        let waiting = self.waiting.len();
        if self.out == 0 && (WORTH_TWO_CALLS..=longest).contains(&waiting) { waiting.div_ceil(2) } else { longest }
    }
}

impl Batcher {
    pub(super) fn new(link: Arc<Link>, limiter: Arc<StoredLimiter>, script: Script, group: u32) -> Self {
        let longest = (COMMANDS_A_CALL / limiter.commands_each(script).max(1)).max(1);
        let head = limiter.head(script);
        Self { link, limiter, script, group, head, longest, queue: Mutex::default() }
    }

    /// Asks. The answer comes by the deadline, or its sender is dropped.
    pub(super) fn ask(
        self: &Arc<Self>,
        runtime: &Handle,
        (op, request, part): (Op, Request, Part),
        deadline: Instant,
    ) -> oneshot::Receiver<Answer> {
        let (answer, told) = oneshot::channel();
        let mut queue = self.lock();
        queue.waiting.push_back(Question { op, request, part, deadline, answer });
        self.gather(queue, runtime);
        told
    }

    /// Starts a task that sends what waits, where there is none and may be one.
    fn gather(self: &Arc<Self>, mut queue: MutexGuard<'_, Queue>, runtime: &Handle) {
        if queue.gathering || queue.out >= CALLS_OUT || queue.waiting.is_empty() {
            return;
        }
        queue.gathering = true;
        drop(queue);
        let turn = Turn { batcher: Arc::clone(self), is_out: false, is_over: false };
        drop(runtime.spawn(turn.send()));
    }

    fn call(&self, batch: &[Question]) -> ScriptCall {
        let keys = batch.iter().flat_map(|question| question.part.keys.iter().cloned()).collect();
        let own = batch.iter().map(|question| question.part.arg.as_str());
        let is_usual = own.clone().all(|arg| arg == self.script.usual_arg());
        let own = own.take(if is_usual { 0 } else { batch.len() }).map(str::to_owned);
        let args = self.head.iter().cloned().chain(own).collect();
        ScriptCall::of(self.script, keys, args)
    }

    /// Tells each question what a reply says about it.
    fn answer(&self, batch: Vec<Question>, reply: Result<Value, StoreError>) {
        let words = self.limiter.words(self.script);
        let values = match reply {
            Ok(Value::Array(values)) if values.len() == 1 + words * batch.len() => Ok(values),
            Ok(_) => Err(StoreError::Protocol),
            Err(error) => Err(error),
        };
        let each = |i: usize| match &values {
            Ok(values) => Ok((values.first(), values.get(1 + i * words..1 + (i + 1) * words).unwrap_or_default())),
            Err(error) => Err(error.clone()),
        };
        for (i, question) in batch.into_iter().enumerate() {
            let answer = each(i).and_then(|(at, words)| self.decision(&question, at, words));
            // Nobody waits any more where this fails.
            let _ = question.answer.send(answer);
        }
    }

    fn decision(&self, question: &Question, at: Option<&Value>, words: &[Value]) -> Answer {
        if let Some(foreign) = words.first().and_then(text) {
            return Err(StoreError::Foreign(foreign));
        }
        let number = |value: &Value| if let Value::Int(number) = value { Some(*number) } else { None };
        let at = at.and_then(number).ok_or(StoreError::Protocol)?;
        let words = words.iter().map(number).collect::<Option<Vec<i64>>>().ok_or(StoreError::Protocol)?;
        let decision = self.limiter.decision(self.script, question.op, question.request.to_core(), at, &words);
        decision.map_err(|_| StoreError::Protocol)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::SimpleString(text) => Some(text.clone()),
        Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::ServerError(error) => Some(error.to_string()),
        _ => None,
    }
}

/// A task that sends one batch. It gives its place back also where its runtime ends.
struct Turn {
    batcher: Arc<Batcher>,
    is_out: bool,
    is_over: bool,
}

impl Turn {
    async fn send(mut self) {
        if self.batcher.lock().out > 0 {
            tokio::task::yield_now().await;
        }
        let batch = self.take();
        let Some(first) = batch.first() else { return };
        let (deadline, batcher) = (first.deadline, Arc::clone(&self.batcher));
        let (call, link) = (batcher.call(&batch), &batcher.link);
        let done = |reply| {
            self.end();
            self.batcher.answer(batch, reply);
        };
        link.call(batcher.group, call, deadline, done).await;
    }

    /// The next questions that anybody still waits for.
    fn take(&mut self) -> Vec<Question> {
        let mut queue = self.batcher.lock();
        self.is_out = true;
        queue.gathering = false;
        let longest = queue.worth_sending(self.batcher.longest);
        queue.out += 1;
        let mut batch = Vec::with_capacity(longest.min(queue.waiting.len()));
        while batch.len() < longest {
            let Some(question) = queue.waiting.pop_front() else { break };
            if !question.answer.is_closed() {
                batch.push(question);
            }
        }
        if let Ok(runtime) = Handle::try_current() {
            // There may be more than one call takes.
            self.batcher.gather(queue, &runtime);
        }
        batch
    }

    /// Lets the next one go.
    fn end(&mut self) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let mut queue = self.batcher.lock();
        if self.is_out {
            queue.out -= 1;
        } else {
            queue.gathering = false;
        }
        if let Ok(runtime) = Handle::try_current() {
            self.batcher.gather(queue, &runtime);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.end();
    }
}
