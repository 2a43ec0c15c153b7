// What limits: each makes `check(key)` for a limit, which resolves to whether the call may go. `load` makes a script
// known to all servers.
import { createHash } from "node:crypto";
import { BUCKET, engine } from "../../dist/esm/engine.js";
import { createLimiter } from "../../dist/esm/index.js";
import { scratch } from "../../dist/esm/scratch.js";
import { limiterConfig } from "../../dist/esm/validate.js";

const WINDOW_MS = 3_600_000;

let made = 0;

/** Ours, as its users make it. */
export async function tollgate({ client }, limit, options = {}) {
  const usual = { name: `bench ${++made}`, limit, window: WINDOW_MS, redis: client };
  const limiter = createLimiter({ ...usual, storeTimeout: "10s", onStoreError: "closed", ...options });
  return async (key) => {
    const { allowed, source } = await limiter.check(key);
    if (source === "closed") throw new Error("Redis has not decided");
    return allowed;
  };
}

/** A function that calls a known script, in the dialect of the client. */
function caller(client, sha) {
  if (typeof client.evalSha === "function") return (keys, rest) => client.evalSha(sha, { keys, arguments: rest });
  return (keys, rest) => client.evalsha(sha, keys.length, ...keys, ...rest);
}

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

/** That script, a call for each check. */
export async function plainScript({ client, load }, limit) {
  await load(SCRIPT);
  const [call, rest] = [caller(client, SHA), [`${WINDOW_MS}`]];
  return async (key) => (await call([key], rest))[0] <= limit;
}

/** Our script of token buckets, a call for each check. */
export async function plainBucket({ client, load }, limit) {
  const { source, sha1 } = engine.scripts()[BUCKET];
  await load(source);
  const { policies } = limiterConfig({ limit, window: WINDOW_MS, algorithm: "token-bucket" });
  const { heads, bases } = engine.createStore({ policies, name: "plain", prefix: "p" }, scratch);
  const [call, rest] = [caller(client, sha1), heads[BUCKET]];
  return async (key) => (await call([`{${key}}${bases[0]}`], rest))[1] >= 0;
}

/** Not a limiter: it sets no time to live. The least that counting can cost. */
export async function incr({ client }, limit) {
  return async (key) => (await client.incr(key)) <= limit;
}

export async function rateLimitRedis({ client }, limit) {
  const { RedisStore } = await import("rate-limit-redis");
  const isIoRedis = typeof client.call === "function";
  const sendCommand = (...command) => (isIoRedis ? client.call(...command) : client.sendCommand(command));
  const store = new RedisStore({ sendCommand });
  store.init({ windowMs: WINDOW_MS });
  return async (key) => (await store.increment(key)).totalHits <= limit;
}

export async function flexible({ client }, limit, options = {}) {
  const { RateLimiterRedis } = await import("rate-limiter-flexible");
  const useRedisPackage = typeof client.evalSha === "function";
  const settings = { storeClient: client, useRedisPackage, points: limit, duration: WINDOW_MS / 1000, ...options };
  const limiter = new RateLimiterRedis(settings);
  return (key) => limiter.consume(key).then(allowed, denied);
}

const allowed = () => true;

/** A refusal is a rejection with its result; anything else is an error. */
function denied(reason) {
  if (reason instanceof Error) throw reason;
  return false;
}

export async function fastify({ client }, limit) {
  const { default: RedisStore } = await import("@fastify/rate-limit/store/RedisStore.js");
  const store = new RedisStore(false, false, client);
  return (key) =>
    new Promise((resolve, reject) => {
      const answer = (error, result) => (error ? reject(error) : resolve(result.current <= limit));
      store.incr(key, answer, WINDOW_MS, limit);
    });
}
