// Replays what the core has written down, through an engine. `cells` is the module `scratch` beside that engine.

/** The answer to each step of a case; undefined for a step that is not answered. */
export function answers(engine, cells, { policies, steps }) {
  const limiter = engine.createLimiter({ policies, maxKeys: 1_000, seed: [1, 2] }, cells.scratch);
  const decisions = [];
  return steps.map((step) => play(limiter, cells, step, decisions));
}

/**
 * The same through a decider, which answers with promises and keeps each key by itself. `at` is told the time of each
 * step first: that of one clock for all keys, which never runs backwards, as within one limiter.
 */
export async function answersOfDecider(decider, cells, { policies, steps }, at) {
  const decisions = [];
  const answered = [];
  let latest = 0;
  for (const step of steps) {
    const now = Math.max(latest, step.now);
    if (step.op !== "peek") latest = now;
    await at(now, step);
    const operation = write(cells, step, decisions, policies.length);
    await decider[operation](step.key);
    decisions.push(cells.scratch.slice(cells.AT, cells.COSTS));
    answered.push(step.expect === undefined ? undefined : answer(cells, policies.length));
  }
  return answered;
}

function play(limiter, cells, step, decisions) {
  const operation = write(cells, step, decisions, limiter.names.length);
  limiter[operation](step.key);
  decisions.push(cells.scratch.slice(cells.AT, cells.COSTS));
  return step.expect === undefined ? undefined : answer(cells, limiter.names.length);
}

/** Writes what a step asks, and says which call it is: a refund is a settlement at no cost. */
function write(cells, step, decisions, policies) {
  const { scratch, NOW, COST, LISTS, COSTS, LIMITS, AT, READ_COSTS, READ_LIMITS } = cells;
  if (step.decision !== undefined) scratch.set(decisions[step.decision], AT);
  scratch[NOW] = step.now;
  scratch[COST] = step.spanMicros ?? 0;
  scratch[LISTS] = READ_COSTS | (step.limits === undefined ? 0 : READ_LIMITS);
  scratch.set(step.cost ?? new Array(policies).fill(0), COSTS);
  scratch.set(step.limits ?? [], LIMITS);
  return step.op === "refund" ? "settle" : step.op;
}

function answer({ scratch, ALLOWED, BINDING, RETRY_AFTER, BLOCKED, POLICIES, POLICY_LENGTH }, policies) {
  return {
    allowed: scratch[ALLOWED] === 1,
    binding: scratch[BINDING],
    retryAfterMicros: scratch[RETRY_AFTER],
    blocked: scratch[BLOCKED] === 1,
    policies: Array.from({ length: policies }, (_, i) => policyAnswer(scratch, POLICIES + i * POLICY_LENGTH)),
  };
}

function policyAnswer(scratch, at) {
  return {
    limit: scratch[at],
    remaining: scratch[at + 1],
    resetAfterMicros: scratch[at + 2],
    retryAfterMicros: scratch[at + 3],
    charged: scratch[at + 4],
  };
}
