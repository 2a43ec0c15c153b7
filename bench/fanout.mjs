// Fan-out over one Redis: messages per second, and how long one takes. Every measurement is a process of its own; rounds
// are interleaved. About a minute. node bench/fanout.mjs [--quick]
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { SUBJECTS } from "./fanout/subjects.mjs";
import { startServer } from "./redis/servers.mjs";
import { circumstances, table } from "./report.mjs";

const QUICK = process.argv.includes("--quick");
const ROUNDS = QUICK ? 1 : 5;
const MILLIS = QUICK ? 200 : 500;
const TRIPS = QUICK ? 200 : 1_000;
const SUBSCRIBERS = [1, 10, 100];
const child = fileURLToPath(new URL("./fanout/child.mjs", import.meta.url));
const run = promisify(execFile);

async function measure(port, subject, subscribers) {
  const options = [child, port, subject, subscribers, MILLIS, TRIPS].map(String);
  const { stdout } = await run(process.execPath, options, { timeout: 60_000 });
  return JSON.parse(stdout);
}

/** All measurements, by subject and number of subscribers. */
async function measureAll(port) {
  const found = Object.fromEntries(
    Object.keys(SUBJECTS).map((id) => [id, Object.fromEntries(SUBSCRIBERS.map((count) => [count, []]))]),
  );
  for (let round = 0; round < ROUNDS; round++) {
    for (const count of SUBSCRIBERS) {
      for (const id of Object.keys(SUBJECTS)) found[id][count].push(await measure(port, id, count));
    }
  }
  return found;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

function figures(found, field, write) {
  const rows = Object.entries(SUBJECTS).map(([id, { name }]) => {
    return [name, ...SUBSCRIBERS.map((count) => write(median(found[id][count].map((one) => one[field]))))];
  });
  return table(["subscribers", ...SUBSCRIBERS], rows);
}

const thousands = (rate) => `${(rate / 1000).toFixed(1)}k`;
const whole = (micros) => micros.toFixed(0);

export async function fanoutTables() {
  const server = await startServer();
  try {
    const found = await measureAll(server.ports[0]);
    return [
      "## Fan-out",
      `Messages of about 130 bytes from one publisher to subscribers that share one connection, both ends in one process, over redis-server ${server.version} on the loopback; medians of ${ROUNDS} rounds. ${circumstances(["ioredis", "@socket.io/redis-adapter"])}`,
      "Messages per second, 256 on their way:",
      figures(found, "rate", thousands),
      "Microseconds from a publication to its last subscriber, one at a time: the median",
      figures(found, "p50", whole),
      "and the 99th percentile:",
      figures(found, "p99", whole),
    ].join("\n\n");
  } finally {
    await server.stop();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await fanoutTables());
