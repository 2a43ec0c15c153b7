// Row H1: CPU that a limiter adds to an HTTP request, in each framework, beside the peer that is used there.
// node bench/http.mjs [--quick]
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { circumstances, least, table } from "./report.mjs";

const QUICK = process.argv.includes("--quick");
const ROUNDS = QUICK ? 1 : 5;
const REQUESTS = QUICK ? 10_000 : 30_000;
const server = fileURLToPath(new URL("./http-server.mjs", import.meta.url));

const ROWS = [
  { name: "bare `Map` and three fields, node:http", base: "http", subject: "http+map" },
  { name: "Tollgate, Express", base: "express", subject: "express+tollgate" },
  { name: "express-rate-limit", base: "express", subject: "express+peer" },
  { name: "Tollgate, Fastify", base: "fastify", subject: "fastify+tollgate" },
  { name: "@fastify/rate-limit", base: "fastify", subject: "fastify+peer" },
  { name: "Tollgate, Hono", base: "hono", subject: "hono+tollgate" },
  { name: "hono-rate-limiter", base: "hono", subject: "hono+peer" },
];

async function cpuMicros(child) {
  child.send("cpu");
  const [{ cpu }] = await once(child, "message");
  return cpu.user + cpu.system;
}

async function load(url, amount) {
  const { non2xx, errors } = await autocannon({ url, amount, connections: 10 });
  if (non2xx + errors > 0) throw new Error(`${url}: ${non2xx} refused, ${errors} errors`);
}

/** CPU microseconds a request of one server, after a warm-up. */
async function measure(subject) {
  const child = fork(server, [subject]);
  try {
    const [{ port }] = await once(child, "message");
    const url = `http://127.0.0.1:${port}/`;
    await load(url, REQUESTS / 3);
    const before = await cpuMicros(child);
    await load(url, REQUESTS);
    return ((await cpuMicros(child)) - before) / REQUESTS;
  } finally {
    child.disconnect();
    await once(child, "exit");
  }
}

export async function httpTable() {
  const best = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const subject of new Set(ROWS.flatMap(({ base, subject }) => [base, subject]))) {
      best[subject] = least([best[subject] ?? Number.POSITIVE_INFINITY, await measure(subject)]);
    }
  }
  const rows = ROWS.map(({ name, base, subject }) => [
    name,
    best[base].toFixed(1),
    best[subject].toFixed(1),
    (best[subject] - best[base]).toFixed(1),
  ]);
  return [
    "## HTTP (H1)",
    "",
    "CPU microseconds of the server process for one allowed request, least of the rounds.",
    "",
    table(["", "framework alone", "with the limiter", "added"], rows),
    "",
    circumstances(["express", "express-rate-limit", "fastify", "@fastify/rate-limit", "hono", "hono-rate-limiter"]) +
      ` \`npm run bench http\`, ${ROUNDS} rounds of ${REQUESTS} requests.`,
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await httpTable());
