// One subject with so many callers at once, in a process of its own; prints what it measured as JSON.
// node bench/redis/child.mjs <port> <subject> <callers> <workload> <milliseconds>
import { Redis } from "ioredis";
import { SUBJECTS } from "./subjects.mjs";

const [port, name, callers, workload, millis] = process.argv.slice(2);
const subject = SUBJECTS[name];
const KEYS = 10_000;
const DENIED_KEYS = 100;
const WARM_UP_MILLIS = 500;

let made = 0;

/** Any of ten thousand keys that are never denied. */
const spreadKey = () => `10.0.${(++made * 7_919) % KEYS}`;

/** Nine of ten calls come from keys that have used up what they had, the tenth from somebody new. */
const attackKey = () => (++made % 10 === 0 ? `new:${made}` : `exhausted:${made % DENIED_KEYS}`);

const WORKLOADS = {
  spread: { key: spreadKey, limit: 1_000_000_000 },
  attack: { key: attackKey, limit: 5 },
};

const control = new Redis(Number(port), "127.0.0.1");
const connection = await subject.connect(Number(port));

/** What Redis has used of its processor, in microseconds. */
async function redisCpu() {
  const info = await control.info("cpu");
  const seconds = (field) => Number(new RegExp(`^${field}:([\\d.]+)`, "m").exec(info)[1]);
  return (seconds("used_cpu_user") + seconds("used_cpu_sys")) * 1e6;
}

/** The 99th percentile, in microseconds, of the command that was called most, as Redis has timed it. */
async function p99() {
  const calls = [...(await control.info("commandstats")).matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)];
  const busiest = calls.toSorted((a, b) => b[2] - a[2])[0]?.[1];
  const found = new RegExp(`^latency_percentiles_usec_${busiest}:.*p99=([\\d.]+)`, "m").exec(
    await control.info("latencystats"),
  );
  return Number(found?.[1]);
}

/** Throws where the subject does not limit. */
async function prove(make) {
  const check = await make(2);
  const answers = [];
  for (let i = 0; i < 4; i++) answers.push(await check("proof"));
  if (answers.join() !== "true,true,false,false") throw new Error(`${name}: ${answers}`);
}

async function run(check, key, duration) {
  let checks = 0;
  const end = performance.now() + duration;
  const caller = async () => {
    for (; performance.now() < end; checks++) await check(key());
  };
  await Promise.all(Array.from({ length: Number(callers) }, caller));
  return checks;
}

async function measure() {
  const { key, limit } = WORKLOADS[workload];
  const check = await subject.make(connection, limit);
  await run(check, key, WARM_UP_MILLIS);
  await control.config("RESETSTAT");
  const [redisBefore, before, start] = [await redisCpu(), process.cpuUsage(), performance.now()];
  const checks = await run(check, key, Number(millis));
  const [seconds, used] = [(performance.now() - start) / 1000, process.cpuUsage(before)];
  const redis = (await redisCpu()) - redisBefore;
  return {
    rate: checks / seconds,
    client: (used.user + used.system) / checks,
    redis: redis / checks,
    p99: await p99(),
  };
}

await control.flushall();
await prove((limit) => subject.make(connection, limit));
await control.flushall();
console.log(JSON.stringify(await measure()));
await Promise.all([connection.close(), control.quit()]);
