// One subject with so many callers at once, in a process of its own; prints what it measured as JSON, an entry for each
// number of callers.
// node bench/redis/child.mjs <table> <subject> <ports> <callers, …> <milliseconds>
import { close } from "./clients.mjs";
import { Monitor } from "./monitor.mjs";
import { SUBJECTS } from "./subjects.mjs";

const [table, name, ports, callers, millis] = process.argv.slice(2);
const subject = SUBJECTS[table][name];
const KEYS = 10_000;
const DENIED_KEYS = 100;
/** Before the first measurement, for the compiler; and before each. */
const FIRST_WARM_UP_MILLIS = 500;
const WARM_UP_MILLIS = 50;

let made = 0;

/** Any of ten thousand keys that are never denied. */
const spreadKey = () => `10.0.${(++made * 7_919) % KEYS}`;

/** Nine of ten calls come from keys that have used up what they had, the tenth from somebody new. */
const attackKey = () => (++made % 10 === 0 ? `new:${made}` : `exhausted:${made % DENIED_KEYS}`);

/** A limit that a run does not reach. Of a token bucket it leaves states that are not full again at once. */
const spread = { key: spreadKey, limit: 10_000 };
const WORKLOADS = { spread, cluster: spread, attack: { key: attackKey, limit: 5 } };

const all = ports.split(",").map(Number);
const monitor = new Monitor(all);
const client = await subject.connect(all);
const setup = { client, load: monitor.load };

/** Throws where the subject does not limit. */
async function prove() {
  const check = await subject.make(setup, 2);
  const answers = [];
  for (let i = 0; i < 4; i++) answers.push(await check("proof"));
  if (answers.join() !== "true,true,false,false") throw new Error(`${name}: ${answers}`);
}

async function run(check, key, many, duration) {
  let checks = 0;
  const end = performance.now() + duration;
  const caller = async () => {
    for (; performance.now() < end; checks++) await check(key());
  };
  await Promise.all(Array.from({ length: many }, caller));
  return checks;
}

async function measure(check, key, many) {
  await run(check, key, many, WARM_UP_MILLIS);
  await monitor.resetStatistics();
  const [redisBefore, before, start] = [await monitor.cpu(), process.cpuUsage(), performance.now()];
  const checks = await run(check, key, many, Number(millis));
  const [seconds, used] = [(performance.now() - start) / 1000, process.cpuUsage(before)];
  const redis = (await monitor.cpu()) - redisBefore;
  const client = (used.user + used.system) / checks;
  return { rate: checks / seconds, client, redis: redis / checks, p99: await monitor.p99() };
}

async function measureAll() {
  const { key, limit } = WORKLOADS[table];
  const check = await subject.make(setup, limit);
  await run(check, key, 64, FIRST_WARM_UP_MILLIS);
  const results = {};
  for (const many of callers.split(",").map(Number)) results[many] = await measure(check, key, many);
  if (table !== "attack" && !(await check(spreadKey()))) throw new Error(`${name}: keys were denied`);
  return results;
}

await monitor.flush();
await prove();
await monitor.flush();
console.log(JSON.stringify(await measureAll()));
await Promise.all([close(client), monitor.close()]);
