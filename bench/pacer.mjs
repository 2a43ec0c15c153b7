// Row P1, and what limiters for calls that go out decide. Every measurement is a process of its own; rounds are
// interleaved.
// node bench/pacer.mjs [--quick]
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { SUBJECTS } from "./pacer/subjects.mjs";
import { circumstances, table } from "./report.mjs";

const ROUNDS = process.argv.includes("--quick") ? 1 : 3;
const child = fileURLToPath(new URL("./pacer/child.mjs", import.meta.url));
const LONGEST_MS = 30_000;
/** Rounds for those that take long. */
const SLOW_ROUNDS = 1;
/** Processes at a time where nothing is measured that the others could disturb. */
const TOGETHER = 4;
const run = promisify(execFile);

/** What Tollgate is to reach. */
const GOALS = [
  ["CPU µs a job that never waits", "free", "micros", 2.2],
  ["CPU µs a job that waits", "queued", "micros", 3],
  ["bytes of heap a job that waits", "memory", "bytes", 400],
  ["CPU ms until 100,000 waiting jobs are cancelled", "cancel", "cpuMillis", 100],
];

/** What one process says; undefined where the library cannot do it. */
async function measure(subject, workload) {
  const args = ["--no-warnings", "--expose-gc", child, subject, workload];
  const said = await run(process.execPath, args, { timeout: LONGEST_MS }).catch(() => undefined);
  return said && JSON.parse(said.stdout);
}

function isMeasured({ limits = true, signals = false, rates = true }, workload) {
  if (workload === "free") return true;
  if (workload === "decided") return limits && rates;
  return workload === "cancel" ? signals : limits;
}

/** For each subject and workload, the results of all rounds. */
async function measureCosts(workloads) {
  const results = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const workload of workloads) {
      for (const [id, subject] of Object.entries(SUBJECTS)) {
        if (!isMeasured(subject, workload) || (subject.slow && round >= SLOW_ROUNDS)) continue;
        results[id] ??= {};
        results[id][workload] ??= [];
        const result = await measure(id, workload);
        if (result !== undefined) results[id][workload].push(result);
      }
    }
  }
  return results;
}

/** What each subject decides. */
async function measureDecisions() {
  const ids = Object.keys(SUBJECTS).filter((id) => isMeasured(SUBJECTS[id], "decided"));
  const results = {};
  while (ids.length > 0) {
    await Promise.all(
      ids.splice(0, TOGETHER).map(async (id) => {
        results[id] = await measure(id, "decided");
      }),
    );
  }
  return results;
}

/** The median of one number over the rounds; undefined where there is none. */
function median(results, workload, field) {
  const numbers = (results[workload] ?? []).map((result) => result[field]).sort((a, b) => a - b);
  return numbers[Math.floor(numbers.length / 2)];
}

const shown = (number, digits = 0) => (number === undefined ? "" : number.toFixed(digits));

const beside = (cpu, wall) => (cpu === undefined ? "" : `${shown(cpu)} (${shown(wall)})`);

function costTable(results) {
  const rows = Object.entries(SUBJECTS).map(([id, { name }]) => {
    const of = (workload, field) => median(results[id] ?? {}, workload, field);
    return [
      name,
      shown(of("free", "micros"), 2),
      shown(of("queued", "micros"), 2),
      shown(of("memory", "bytes")),
      shown(of("memory", "rss")),
      beside(of("cancel", "cpuMillis"), of("cancel", "millis")),
    ];
  });
  const head = [
    "",
    "CPU µs, free",
    "CPU µs, queued",
    "heap bytes, queued",
    "RSS bytes, queued",
    "100,000 cancelled, CPU ms (wall)",
  ];
  return table(head, rows);
}

function decisionTable(results) {
  const rows = Object.entries(SUBJECTS)
    .filter(([, subject]) => isMeasured(subject, "decided"))
    .map(([id, { name }]) => {
      const { backlogMost, inThree, burstMost, third, behind, month } = results[id] ?? {};
      const isRefused = month === null;
      return [
        name,
        shown(backlogMost),
        shown(inThree),
        shown(burstMost),
        Number.isFinite(third) ? shown(third) : "never",
        shown(behind),
        isRefused ? "refused" : shown(month),
      ];
    });
  const head = [
    "",
    "most in 1 s, backlog (100)",
    "in 3 s (300)",
    "most in 1 s, late burst (100)",
    "third start, ms (200)",
    "of 60, in 2.8 s",
    "30 days (5)",
  ];
  return table(head, rows);
}

function goals(results) {
  return GOALS.map(([what, workload, field, most]) => {
    const reached = median(results.tollgate, workload, field);
    const digits = field === "micros" ? 2 : 0;
    return `- ${what}: ${shown(reached, digits)}, goal ${most}: ${reached <= most ? "met" : "missed"}.`;
  });
}

export async function pacerTables() {
  const costs = await measureCosts(["free", "queued", "memory", "cancel"]);
  const decided = await measureDecisions();
  const packages = Object.values(SUBJECTS).flatMap((subject) => subject.package ?? []);
  return [
    "## Calls that go out (P1)",
    "",
    "CPU time of the process by job, garbage collection included, and memory by waiting job; medians of the rounds. Free",
    "jobs never wait and go one after another; queued ones are there at once, ten windows of 500. p-throttle `strict`,",
    "limiter, rate-limiter-flexible and bottleneck take so long that they get three windows of 100, in fewer rounds.",
    "",
    costTable(costs),
    "",
    ...goals(costs),
    "",
    "What starts when, in brackets what is allowed: 100 per second with a backlog of 800, by a limiter that was made 0.9 s",
    "earlier; 50 at once and 300 more at 0.95 s; 2 per 200 ms with 60 jobs behind one that takes 3 s; 5 in 30 days.",
    "",
    decisionTable(decided),
    "",
    `${circumstances(packages)} \`npm run bench pacer\`, ${ROUNDS} rounds.`,
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await pacerTables());
