// Rows D1 to D4: limits over one Redis, in Node. Every measurement is a process of its own; rounds are interleaved.
// node bench/redis.mjs [--quick]
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startRedis } from "./redis/server.mjs";
import { SUBJECTS } from "./redis/subjects.mjs";
import { circumstances, least, table } from "./report.mjs";

const QUICK = process.argv.includes("--quick");
const ROUNDS = QUICK ? 1 : 5;
const MILLIS = QUICK ? 500 : 1_500;
const CALLERS = [1, 8, 64, 512, 4_096];
const ATTACKERS = 64;
const child = fileURLToPath(new URL("./redis/child.mjs", import.meta.url));
const run = promisify(execFile);

async function measure(port, subject, callers, workload) {
  const options = [child, `${port}`, subject, `${callers}`, workload, `${MILLIS}`];
  const { stdout } = await run(process.execPath, options, { timeout: 60_000 });
  return JSON.parse(stdout);
}

/** The best of two measurements: noise only takes. */
function better(a, b) {
  if (a === undefined) return b;
  const [client, redis, p99] = ["client", "redis", "p99"].map((field) => least([a[field], b[field]]));
  return { rate: Math.max(a.rate, b.rate), client, redis, p99 };
}

/** The best of some rounds, for each subject and each number of callers. */
async function measureAll(port) {
  const best = Object.fromEntries(Object.keys(SUBJECTS).map((id) => [id, {}]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const callers of [...CALLERS, "attack"]) {
      for (const [id, results] of Object.entries(best)) {
        const attack = callers === "attack";
        const found = await measure(port, id, attack ? ATTACKERS : callers, attack ? "attack" : "spread");
        results[callers] = better(results[callers], found);
      }
    }
  }
  return best;
}

const thousands = (rate) => `${(rate / 1000).toFixed(1)}k`;

/** One figure of every subject for every number of callers; in brackets beside a bare EVALSHA through that client. */
function figures(best, field, write, ratio) {
  const rows = Object.entries(SUBJECTS).map(([id, { name, beside }]) => [
    name,
    ...CALLERS.map((callers) => {
      const [own, other] = [best[id][callers][field], best[beside][callers][field]];
      return `${write(own)} (${ratio(own, other).toFixed(2)} ×)`;
    }),
  ]);
  return table(["", ...CALLERS], rows);
}

function scriptTimes(best) {
  const rows = Object.entries(SUBJECTS).map(([id, { name }]) => {
    return [name, ...CALLERS.map((callers) => best[id][callers].p99.toFixed(0))];
  });
  return table(["", ...CALLERS], rows);
}

function attacks(best) {
  const rows = Object.entries(SUBJECTS).map(([id, { name, beside }]) => {
    const { rate, client, redis } = best[id].attack;
    const ratio = `${(rate / best[beside].attack.rate).toFixed(2)} ×`;
    return [name, `${thousands(rate)} (${ratio})`, client.toFixed(1), redis.toFixed(1)];
  });
  return table(["", "checks/s", "client CPU µs", "Redis CPU µs"], rows);
}

export async function redisTables() {
  const server = await startRedis();
  let best;
  try {
    best = await measureAll(server.port);
  } finally {
    await server.stop();
  }
  const packages = ["ioredis", "redis", ...Object.values(SUBJECTS).flatMap((subject) => subject.package ?? [])];
  const costs = (own, other) => other / own;
  return [
    "## Node, over one Redis (D1 to D4)",
    "",
    "A fixed window, 10,000 keys that are never denied, by how many callers wait for an answer at once. Best of the",
    "rounds. In brackets beside a bare EVALSHA through the same client: more is better.",
    "",
    "### Checks a second (D1)",
    "",
    figures(best, "rate", thousands, (own, other) => own / other),
    "",
    "### Client CPU, µs a check (D2)",
    "",
    figures(best, "client", (micros) => micros.toFixed(1), costs),
    "",
    "### Redis CPU, µs a check (D2)",
    "",
    figures(best, "redis", (micros) => micros.toFixed(1), costs),
    "",
    "### One call of the script (or of INCR), µs, 99th percentile as Redis has timed it (D3)",
    "",
    scriptTimes(best),
    "",
    `### ${ATTACKERS} callers, nine of ten calls on denied keys (D4)`,
    "",
    attacks(best),
    "",
    `${circumstances(packages)} redis-server ${server.version}. \`npm run bench redis\`, ${ROUNDS} rounds.`,
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await redisTables());
