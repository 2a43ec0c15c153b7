// One member of a group, in a process of its own: as many calls as it may make. It writes a line for each start, with
// the machine's monotonic clock in microseconds, and one for whatever else happens.
import { createInterface } from "node:readline";
import { createPacer } from "tollgate";
import { pRateLimit, RedisQuotaManager } from "tollgate/p-ratelimit";

const {
  kind,
  redis,
  name,
  limit,
  window,
  busy,
  heartbeat,
  fastStart,
  split,
  concurrency,
  holdMs = 0,
} = JSON.parse(process.argv[2]);

const say = (what, value) => process.stdout.write(`${what} ${value}\n`);
const started = async () => {
  say("start", process.hrtime.bigint() / 1000n);
  if (holdMs > 0) await new Promise((resolve) => setTimeout(resolve, holdMs));
};

async function ours() {
  const share = { mode: "peers", heartbeat, ...(fastStart && { fastStart }), ...(split && { split }) };
  const pacer = createPacer({ name, limit, window, redis, share, ...(concurrency && { concurrency }) });
  pacer.on("share", ({ now }) => say("share", now));
  pacer.on("peers", (peers) => say("peers", peers));
  pacer.on("fenced", (fenced) => say("fenced", fenced));
  pacer.on("conflict", ({ theirs }) => say("conflict", theirs));
  pacer.on("error", ({ message }) => say("error", message));
  return { limit: pacer, close: () => pacer.close() };
}

async function managed(Manager, wrap) {
  const { default: Redis } = await import("ioredis-4");
  const clients = [new Redis(redis), new Redis(redis)];
  const quota = { rate: limit, interval: window, fastStart, ...(concurrency && { concurrency }) };
  const manager = new Manager(quota, name, clients, heartbeat);
  let told;
  setInterval(() => {
    const share = manager.ready ? manager.quota.rate : 0;
    if (share !== told) say("share", share);
    told = share;
  }, 50).unref();
  const close = async () => {
    await manager.close?.();
    for (const client of clients) client.disconnect();
  };
  return { limit: wrap(manager), close };
}

async function member() {
  if (kind === "ours") return ours();
  if (kind === "facade") return managed(RedisQuotaManager, pRateLimit);
  const original = (await import("p-ratelimit")).default;
  return managed(original.RedisQuotaManager, original.pRateLimit);
}

const { limit: pace, close } = await member();
let isOver = false;
for (let i = 0; i < busy; i++) {
  (async () => {
    while (!isOver) await pace(started);
  })().catch(() => {});
}
say("ready", process.pid);
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== "close") continue;
  isOver = true;
  await close();
  say("closed", 1);
  process.exit(0);
}
