// Rows D1 to D4: limits over one Redis, in Node, and over a cluster; about five minutes.
// node bench/redis.mjs [--quick]
import { fileURLToPath } from "node:url";
import { goals } from "./redis/goals.mjs";
import { measureAll } from "./redis/rounds.mjs";
import { startCluster, startServer } from "./redis/servers.mjs";
import { SUBJECTS } from "./redis/subjects.mjs";
import { circumstances, table } from "./report.mjs";

const QUICK = process.argv.includes("--quick");
const ROUNDS = QUICK ? 1 : 5;
const MILLIS = 250;
const CALLERS = [1, 8, 64, 512, 4_096];
const CLUSTER_CALLERS = [64, 512, 4_096];
const ATTACKERS = 64;
const PACKAGES = ["ioredis", "redis", "rate-limit-redis", "rate-limiter-flexible", "@fastify/rate-limit"];

async function overOne() {
  const server = await startServer();
  try {
    const usual = { ports: server.ports, millis: MILLIS };
    const spread = await measureAll("spread", ROUNDS, { ...usual, callers: CALLERS });
    const attack = await measureAll("attack", ROUNDS, { ...usual, callers: [ATTACKERS] });
    return { spread, attack, version: server.version };
  } finally {
    await server.stop();
  }
}

async function overCluster() {
  const { ports, stop } = await startCluster();
  try {
    return await measureAll("cluster", ROUNDS, { ports, millis: MILLIS, callers: CLUSTER_CALLERS });
  } finally {
    await stop();
  }
}

const thousands = (rate) => `${(rate / 1000).toFixed(1)}k`;
const micros = (time) => time.toFixed(1);
const gain = (own, other) => own / other;
const saving = (own, other) => other / own;

/** One figure of all rows for each number of callers; in brackets beside the row that it is compared with. */
function figures(name, results, field, write, ratio) {
  const callers = Object.keys(Object.values(results)[0]);
  const rows = Object.entries(SUBJECTS[name]).map(([id, subject]) => [
    subject.name,
    ...callers.map((n) => {
      const [own, other] = [results[id][n][field], results[subject.beside][n][field]];
      return ratio === undefined ? write(own) : `${write(own)} (${ratio(own, other).toFixed(2)})`;
    }),
  ]);
  return table(["callers", ...callers], rows);
}

function attacked(results) {
  const rows = Object.entries(SUBJECTS.attack).map(([id, { name, beside }]) => {
    const { rate, client, redis } = results[id][ATTACKERS];
    const ratio = gain(rate, results[beside][ATTACKERS].rate).toFixed(2);
    return [name, `${thousands(rate)} (${ratio})`, micros(client), micros(redis)];
  });
  return table(["", "checks/s", "client CPU µs", "Redis CPU µs"], rows);
}

function verdicts(spread, attack) {
  const write = (value) => (value < 100 ? value.toFixed(2) : value.toFixed(0));
  const rows = goals(spread, attack, ATTACKERS).map(({ what, aim, values, isMet }) => {
    return [what, aim, values.map(write).join(", "), isMet ? "met" : "**missed**"];
  });
  return table(["", "goal", "measured", ""], rows);
}

export async function redisTables() {
  const { spread, attack, version } = await overOne();
  const cluster = await overCluster();
  return [
    "## Node, over Redis (D1 to D4)",
    "",
    "By how many callers wait for an answer at once, each asking again when it has one: 10,000 keys that are never denied,",
    `through one connection. Medians of ${ROUNDS} interleaved rounds, of processor time the least. In brackets how many times`,
    "better than the bare EVALSHA through the same client; a token bucket stands beside its own script, sent one by one.",
    "",
    "### Goals",
    "",
    "Several numbers are those of 64, 512 and 4,096 callers; of D3, of all.",
    "",
    verdicts(spread, attack),
    "",
    "### Checks a second (D1)",
    "",
    figures("spread", spread, "rate", thousands, gain),
    "",
    "### Client CPU, µs a check (D2)",
    "",
    figures("spread", spread, "client", micros, saving),
    "",
    "### Redis CPU, µs a check (D2)",
    "",
    figures("spread", spread, "redis", micros, saving),
    "",
    "### One call of the script (or of INCR), µs, 99th percentile (D3)",
    "",
    "As Redis times it itself (`INFO latencystats`): for so long it does nothing else, the way there and back is not in it.",
    "",
    figures("spread", spread, "p99", micros),
    "",
    `### ${ATTACKERS} callers, nine of ten calls on denied keys, ioredis (D4)`,
    "",
    "In brackets beside the same limiter without its cache of denials.",
    "",
    attacked(attack),
    "",
    "### A cluster of three masters and three replicas, checks a second",
    "",
    figures("cluster", cluster, "rate", thousands, gain),
    "",
    "### … client CPU, µs a check",
    "",
    figures("cluster", cluster, "client", micros, saving),
    "",
    "### … Redis CPU of the masters, µs a check",
    "",
    figures("cluster", cluster, "redis", micros, saving),
    "",
    `${circumstances(PACKAGES)} redis-server ${version}. \`npm run bench redis\`, ${ROUNDS} rounds.`,
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await redisTables());
