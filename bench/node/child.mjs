// One subject under one workload in a process of its own; prints what it measured as JSON.
// node --expose-gc bench/node/child.mjs <subject> <workload>
import { constants, PerformanceObserver } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { SUBJECTS } from "./subjects.mjs";

const [subjectName, workload] = process.argv.slice(2);
const subject = SUBJECTS[subjectName];
const KEYS = { fresh: 1_000_000, random: 1_000_000, "10k": 10_000, hot: 1_000, memory: 1_000_000, gc: 1_000_000 }[
  workload
];
const CALLS = 1_000_000;

const scribe = Buffer.alloc(32);

/** Writes decimal digits, and says where they end: nothing but the key itself is to be allocated. */
function writeDigits(at, number) {
  let scale = 1;
  while (number >= scale * 10) scale *= 10;
  for (; scale >= 1; scale = Math.floor(scale / 10)) scribe[at++] = 48 + (Math.floor(number / scale) % 10);
  return at;
}

/** A key as a socket gives it, such as `10.15.66.63:999999`: a new flat string each time. */
function freshKey(number) {
  scribe[0] = 49;
  scribe[1] = 48;
  let at = 2;
  for (const part of [16, 8, 0]) {
    scribe[at++] = 46;
    at = writeDigits(at, (number >>> part) & 255);
  }
  scribe[at++] = 58;
  return scribe.latin1Slice(0, writeDigits(at, number));
}

/** Numbers below `count` in random order, each `CALLS / count` times. */
function shuffled(count) {
  const numbers = Uint32Array.from({ length: CALLS }, (_, i) => i % count);
  let state = 12_345;
  for (let i = CALLS - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = state % (i + 1);
    [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
  }
  return numbers;
}

async function runAll(check, keys) {
  let left = 0;
  if (subject.sync) {
    for (let i = 0; i < keys.length; i++) left += check(keys[i]).remaining;
  } else {
    for (let i = 0; i < keys.length; i++) left += (await check(keys[i])).remaining;
  }
  return left;
}

async function warmUp() {
  const check = await subject.make();
  const keys = Array.from({ length: 50_000 }, (_, i) => freshKey(i % 500));
  for (let round = 0; round < 4; round++) await runAll(check, keys);
}

/** Processor time of the whole process, garbage collection's threads included. */
async function measureCpu(check) {
  if (workload === "random")
    await runAll(
      check,
      Array.from({ length: KEYS }, (_, i) => freshKey(i)),
    );
  const keys = Array.from(shuffled(KEYS), freshKey);
  globalThis.gc();
  const before = process.cpuUsage();
  const left = await runAll(check, keys);
  const { user, system } = process.cpuUsage(before);
  return { nanos: ((user + system) * 1_000) / CALLS, left };
}

async function measureMemory(check) {
  const settle = async () => {
    for (let i = 0; i < 4; i++) {
      globalThis.gc();
      await pause(20);
    }
    return process.memoryUsage().rss;
  };
  const before = await settle();
  let left = 0;
  for (let i = 0; i < KEYS; i++) left += (await check(freshKey(i))).remaining;
  return { bytes: ((await settle()) - before) / KEYS, left };
}

async function measureGc(check) {
  let millis = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.detail.kind !== constants.NODE_PERFORMANCE_GC_WEAKCB) millis += entry.duration;
    }
  });
  globalThis.gc();
  await pause(20);
  observer.observe({ entryTypes: ["gc"] });
  let left = 0;
  for (let i = 0; i < KEYS; i++) {
    const answer = check(freshKey(i));
    left += (subject.sync ? answer : await answer).remaining;
  }
  await pause(50);
  observer.disconnect();
  return { millis, left };
}

await warmUp();
const check = await subject.make();
const measure = { memory: measureMemory, gc: measureGc }[workload] ?? measureCpu;
console.log(JSON.stringify(await measure(check)));
process.exit(0);
