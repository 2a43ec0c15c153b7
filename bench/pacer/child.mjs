// One subject under one workload in a process of its own; prints what it measured as JSON.
// node --expose-gc bench/pacer/child.mjs <subject> <workload>
import { setTimeout as pause } from "node:timers/promises";
import { mostInSecond } from "./sliding.mjs";
import { SUBJECTS } from "./subjects.mjs";

const [subjectName, workload] = process.argv.slice(2);
const subject = SUBJECTS[subjectName];
/** More than anything here uses. */
const PLENTY = { rate: 1_000_000_000, interval: 1_000, concurrency: 1_000_000 };
const DAY = 86_400_000;
const job = async () => 1;

function cpuMicros(since) {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}

async function oneAfterAnother(limit, count) {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += await limit(job);
  return sum;
}

/** Jobs that never wait, one after another. */
async function free() {
  const count = subject.freeJobs ?? 200_000;
  const limit = await subject.make(PLENTY);
  await oneAfterAnother(limit, count / 4);
  globalThis.gc();
  const before = process.cpuUsage();
  await oneAfterAnother(limit, count);
  return { micros: cpuMicros(before) / count };
}

/** Jobs that are there at once and go as the limit allows, many windows of them. */
async function queued() {
  const [rate, windows] = subject.slow ? [100, 3] : [500, 10];
  const count = rate * windows;
  const limit = await subject.make({ rate, interval: 20, concurrency: rate });
  const drain = async (times) => {
    for (let i = 0; i < times; i++) await Promise.all(Array.from({ length: count }, () => limit(job)));
  };
  await drain(subject.slow ? 1 : 6);
  globalThis.gc();
  const before = process.cpuUsage();
  const times = subject.slow ? 1 : 6;
  await drain(times);
  return { micros: cpuMicros(before) / (count * times) };
}

/** What a job costs in memory while it waits. */
async function memory() {
  const count = subject.slow ? 10_000 : 100_000;
  const settle = async () => {
    for (let i = 0; i < 3; i++) {
      globalThis.gc();
      await pause(20);
    }
    const { heapUsed, rss } = process.memoryUsage();
    return { heapUsed, rss };
  };
  const { limit, waiting } = await full();
  const before = await settle();
  for (let i = 0; i < count; i++) limit(waiting);
  const after = await settle();
  return { bytes: (after.heapUsed - before.heapUsed) / count, rss: (after.rss - before.rss) / count };
}

/** A limiter whose window is used up, and a job that is not to start. (Timers of p-throttle overflow in long windows.) */
async function full(signal) {
  const rate = subject.slow ? 1_000 : 10_000;
  const limit = await subject.make({ rate, interval: 200_000, concurrency: 1, signal });
  if (subject.rates === false) limit(() => new Promise(() => {}));
  else await Promise.all(Array.from({ length: rate }, () => limit(job)));
  const waiting = async () => {
    throw new Error(`${subjectName} starts what should wait`);
  };
  process.on("unhandledRejection", (error) => {
    console.error(error);
    process.exit(1);
  });
  return { limit, waiting };
}

/** From the abort of one signal to the end of all that waited for it. */
async function cancel() {
  const count = 100_000;
  const controller = new AbortController();
  const { signal } = controller;
  const { limit, waiting } = await full(signal);
  let left = count;
  const over = new Promise((resolve) => {
    const end = () => --left === 0 && resolve();
    for (let i = 0; i < count; i++) limit(waiting, signal).then(() => process.exit(1), end);
  });
  await pause(50);
  globalThis.gc();
  const before = process.cpuUsage();
  const from = performance.now();
  controller.abort();
  await over;
  return { millis: performance.now() - from, cpuMillis: cpuMicros(before) / 1000 };
}

/** Times at which jobs started, in milliseconds. */
function recorder(limit) {
  const starts = [];
  const add = (count) => {
    for (let i = 0; i < count; i++) {
      limit(async () => starts.push(performance.now())).catch(() => {});
    }
  };
  return { starts, add };
}

/** 100 per second, a backlog of 800, by a limiter made 0.9 s earlier. */
async function backlog() {
  const limit = await subject.make({ rate: 100, interval: 1_000 });
  await pause(900);
  const { starts, add } = recorder(limit);
  const from = performance.now();
  add(800);
  await pause(3_100);
  const inThree = starts.filter((at) => at - from < 3_000).length;
  return { backlogMost: mostInSecond(starts), inThree };
}

/** 100 per second: 50 at once, and 300 more late in the window. */
async function lateBurst() {
  const limit = await subject.make({ rate: 100, interval: 1_000 });
  const { starts, add } = recorder(limit);
  add(50);
  await pause(950);
  add(300);
  await pause(2_500);
  return { burstMost: mostInSecond(starts) };
}

/** 2 in 200 ms: 60 jobs behind one that takes 3 s. */
async function longJob() {
  const limit = await subject.make({ rate: 2, interval: 200 });
  const from = performance.now();
  limit(() => pause(3_000)).catch(() => {});
  const { starts, add } = recorder(limit);
  add(60);
  await pause(2_900);
  return { third: (starts[1] ?? Number.NaN) - from, behind: starts.filter((at) => at - from < 2_800).length };
}

/** 5 in 30 days. A timer above 2^31 − 1 ms fires at once. */
async function month() {
  const limit = await subject.make({ rate: 5, interval: 30 * DAY });
  const { starts, add } = recorder(limit);
  add(20);
  await pause(500);
  return { month: starts.length };
}

/** What is decided, not how fast: all of it at the same time. A library may refuse an option. */
async function decided() {
  const parts = await Promise.all([backlog(), lateBurst(), longJob(), month().catch(() => ({ month: null }))]);
  return Object.assign({}, ...parts);
}

process.on("warning", () => {});
const workloads = { free, queued, memory, cancel, decided };
console.log(JSON.stringify(await workloads[workload]()));
process.exit(0);
