// Replays what the core has written down, through an engine. `cells` is the module `scratch` beside that engine.

/** The answer to each step of a case; undefined for a step that is not answered. */
export function answers(engine, cells, { policies, steps }) {
  const limiter = engine.createLimiter({ policies, maxKeys: 1_000, seed: [1, 2] }, cells.scratch);
  const decisions = [];
  return steps.map((step) => play(limiter, cells, step, decisions));
}

function play(limiter, cells, step, decisions) {
  const { scratch, NOW, COST, LISTS, COSTS, LIMITS, AT, READ_COSTS, READ_LIMITS } = cells;
  if (step.decision !== undefined) scratch.set(decisions[step.decision], AT);
  scratch[NOW] = step.now;
  scratch[COST] = step.spanMicros ?? 0;
  scratch[LISTS] = READ_COSTS | (step.limits === undefined ? 0 : READ_LIMITS);
  // A refund is a settlement at no cost.
  scratch.set(step.cost ?? new Array(limiter.names.length).fill(0), COSTS);
  scratch.set(step.limits ?? [], LIMITS);
  limiter[step.op === "refund" ? "settle" : step.op](step.key);
  decisions.push(scratch.slice(AT, COSTS));
  return step.expect === undefined ? undefined : answer(cells, limiter.names.length);
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
