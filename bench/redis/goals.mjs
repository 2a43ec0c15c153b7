// The goals for speed, D1 to D4, and whether the medians reach them.

const BUSY = [64, 512, 4_096];

const gain = (own, other) => own / other;
const saving = (own, other) => other / own;

/** Ratios of a figure of one row to another's, one for each number of callers. */
function ratios(rows, [own, other], field, callers) {
  const ratio = field === "rate" ? gain : saving;
  return callers.map((n) => ratio(rows[own][n][field], rows[other][n][field]));
}

const atLeast = (what, aim, values) => ({ what, aim: `≥ ${aim} ×`, values, isMet: values.every((one) => one >= aim) });

function speeds(spread) {
  const rate = (what, aim, pair, callers = BUSY) => atLeast(what, aim, ratios(spread, pair, "rate", callers));
  return [
    rate("D1 checks/s, ioredis, beside a bare EVALSHA", 2.5, ["ours", "plain"]),
    rate("D1 … beside rate-limit-redis", 2.5, ["ours", "rlr"]),
    rate("D1 … beside rate-limiter-flexible", 4, ["ours", "rlf"]),
    rate("D1 checks/s, node-redis, beside a bare EVALSHA", 3.5, ["nodeOurs", "nodePlain"]),
    rate("D1 … beside rate-limit-redis", 3.5, ["nodeOurs", "nodeRlr"]),
    rate("D1 token bucket, ioredis, beside its script one by one", 2, ["ourBucket", "plainBucket"]),
    rate("D1 token bucket, node-redis, beside its script one by one", 2, ["nodeOurBucket", "nodePlainBucket"]),
    rate("D1 one caller, ioredis, beside a bare EVALSHA", 0.85, ["ours", "plain"], [1]),
    rate("D1 one caller, node-redis, beside a bare EVALSHA", 0.85, ["nodeOurs", "nodePlain"], [1]),
  ];
}

function costs(spread) {
  const cost = (what, aim, pair, field, callers) => atLeast(what, aim, ratios(spread, pair, field, callers));
  return [
    ["ioredis", ["ours", "plain"]],
    ["node-redis", ["nodeOurs", "nodePlain"]],
  ].flatMap(([client, pair]) => [
    cost(`D2 client CPU a check, ${client}, 64 callers`, 2.7, pair, "client", [64]),
    cost(`D2 client CPU a check, ${client}, 512 callers`, 4, pair, "client", [512]),
    cost(`D2 Redis CPU a check, ${client}`, 1.8, pair, "redis", BUSY),
  ]);
}

/** The 99th percentile of one call, for each number of callers. */
function callTimes(spread) {
  const longest = 700;
  const rows = {
    ours: "fixed window, ioredis",
    ourBucket: "token bucket, ioredis",
    nodeOurs: "fixed window, node-redis",
  };
  return Object.entries(rows).map(([id, name]) => {
    const values = Object.values(spread[id]).map(({ p99 }) => p99);
    return {
      what: `D3 one call, ${name}, µs`,
      aim: `< ${longest}`,
      values,
      isMet: values.every((one) => one < longest),
    };
  });
}

function attacks(attack, callers) {
  const row = (what, pair) => atLeast(what, 3, ratios(attack, pair, "rate", [callers]));
  return [
    row("D4 attack, denial cache, fixed window", ["cached", "uncached"]),
    row("D4 attack, denial cache, token bucket", ["cachedBucket", "uncachedBucket"]),
  ];
}

/** One line for each goal: what, the aim, the values measured, and whether all of them reach it. */
export const goals = (spread, attack, attackers) => [
  ...speeds(spread),
  ...costs(spread),
  ...callTimes(spread),
  ...attacks(attack, attackers),
];
