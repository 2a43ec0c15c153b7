// What is compared: each subject makes `check(key)` for a limit, which resolves to whether the call may go.
import { createHash } from "node:crypto";
import { Redis } from "ioredis";

const WINDOW_MS = 3_600_000;

/** Count, and the time left, in one script: what everybody's fixed window comes to. */
const SCRIPT = `
local hits = redis.call("INCRBY", KEYS[1], 1)
local left = redis.call("PTTL", KEYS[1])
if left < 0 then
  redis.call("PEXPIRE", KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return { hits, left }`;
const SHA = createHash("sha1").update(SCRIPT).digest("hex");

function ioredis(port, options = {}) {
  const client = new Redis(port, "127.0.0.1", options);
  return { client, close: () => client.quit() };
}

async function nodeRedis(port) {
  const { createClient } = await import("redis");
  const client = await createClient({ socket: { port, host: "127.0.0.1" } }).connect();
  return { client, close: () => client.close() };
}

async function evalsha({ client }, limit) {
  await client.script("LOAD", SCRIPT);
  return async (key) => (await client.evalsha(SHA, 1, key, WINDOW_MS))[0] <= limit;
}

async function evalShaNodeRedis({ client }, limit) {
  await client.scriptLoad(SCRIPT);
  const rest = [`${WINDOW_MS}`];
  return async (key) => (await client.evalSha(SHA, { keys: [key], arguments: rest }))[0] <= limit;
}

/** Not a limiter: it sets no time to live. The least that counting can cost. */
async function incr({ client }, limit) {
  return async (key) => (await client.incr(key)) <= limit;
}

async function rateLimitRedis(sendCommand, limit) {
  const { RedisStore } = await import("rate-limit-redis");
  const store = new RedisStore({ sendCommand });
  store.init({ windowMs: WINDOW_MS });
  return async (key) => (await store.increment(key)).totalHits <= limit;
}

async function flexible({ client }, limit, options = {}) {
  const { RateLimiterRedis } = await import("rate-limiter-flexible");
  const settings = { storeClient: client, points: limit, duration: WINDOW_MS / 1000, ...options };
  const limiter = new RateLimiterRedis(settings);
  return (key) => limiter.consume(key).then(allowed, denied);
}

const allowed = () => true;

/** A refusal is a rejection with its result; anything else is an error. */
function denied(reason) {
  if (reason instanceof Error) throw reason;
  return false;
}

async function fastify({ client }, limit) {
  const { default: RedisStore } = await import("@fastify/rate-limit/store/RedisStore.js");
  const store = new RedisStore(false, false, client);
  return (key) =>
    new Promise((resolve, reject) => {
      const answer = (error, result) => (error ? reject(error) : resolve(result.current <= limit));
      store.incr(key, answer, WINDOW_MS, limit);
    });
}

/** Name, package of a peer, client, the row that it is compared with, and how to make it from a client and a limit. */
export const SUBJECTS = {
  evalsha: { name: "bare EVALSHA, ioredis", beside: "evalsha", connect: ioredis, make: evalsha },
  incr: {
    name: "pipelined INCR, ioredis (no window)",
    beside: "evalsha",
    connect: (port) => ioredis(port, { enableAutoPipelining: true }),
    make: incr,
  },
  "rate-limit-redis": {
    name: "rate-limit-redis, ioredis",
    package: "rate-limit-redis",
    beside: "evalsha",
    connect: ioredis,
    make: ({ client }, limit) => rateLimitRedis((...command) => client.call(...command), limit),
  },
  flexible: {
    name: "rate-limiter-flexible, ioredis",
    package: "rate-limiter-flexible",
    beside: "evalsha",
    connect: ioredis,
    make: flexible,
  },
  "flexible-block": {
    name: "rate-limiter-flexible, ioredis, block cache",
    beside: "evalsha",
    connect: ioredis,
    make: (connection, limit) => flexible(connection, limit, { inMemoryBlockOnConsumed: limit + 1 }),
  },
  fastify: {
    name: "@fastify/rate-limit's store, ioredis",
    package: "@fastify/rate-limit",
    beside: "evalsha",
    connect: ioredis,
    make: fastify,
  },
  "evalsha-node-redis": {
    name: "bare EVALSHA, node-redis",
    beside: "evalsha-node-redis",
    connect: nodeRedis,
    make: evalShaNodeRedis,
  },
  "rate-limit-redis-node-redis": {
    name: "rate-limit-redis, node-redis",
    beside: "evalsha-node-redis",
    connect: nodeRedis,
    make: ({ client }, limit) => rateLimitRedis((...command) => client.sendCommand(command), limit),
  },
};
