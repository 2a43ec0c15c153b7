// What is compared, table by table: name, client, how to make it, and the row that its figures stand beside.
import { ioredis, ioredisCluster, nodeRedis, nodeRedisCluster, pipelined } from "./clients.mjs";
import { fastify, flexible, incr, plainBucket, plainScript, rateLimitRedis, tollgate } from "./limiters.mjs";

const bucket = (setup, limit, options) => tollgate(setup, limit, { algorithm: "token-bucket", ...options });
const uncached = { denialCache: false };
const blocking = (setup, limit) => flexible(setup, limit, { inMemoryBlockOnConsumed: limit + 1 });

/** One server, keys that are never denied. Those of one client follow the row that they stand beside. */
export const SPREAD = {
  plain: { name: "bare EVALSHA, ioredis", beside: "plain", connect: ioredis, make: plainScript },
  ours: { name: "**Tollgate, fixed window**, ioredis", beside: "plain", connect: ioredis, make: tollgate },
  rlr: { name: "rate-limit-redis, ioredis", beside: "plain", connect: ioredis, make: rateLimitRedis },
  rlf: { name: "rate-limiter-flexible, ioredis", beside: "plain", connect: ioredis, make: flexible },
  fastify: { name: "@fastify/rate-limit's store, ioredis", beside: "plain", connect: ioredis, make: fastify },
  incr: { name: "pipelined INCR, ioredis (no window)", beside: "plain", connect: pipelined, make: incr },
  nodePlain: { name: "bare EVALSHA, node-redis", beside: "nodePlain", connect: nodeRedis, make: plainScript },
  nodeOurs: {
    name: "**Tollgate, fixed window**, node-redis",
    beside: "nodePlain",
    connect: nodeRedis,
    make: tollgate,
  },
  nodeRlr: { name: "rate-limit-redis, node-redis", beside: "nodePlain", connect: nodeRedis, make: rateLimitRedis },
  nodeRlf: { name: "rate-limiter-flexible, node-redis", beside: "nodePlain", connect: nodeRedis, make: flexible },
  plainBucket: {
    name: "our script of token buckets, one by one, ioredis",
    beside: "plainBucket",
    connect: ioredis,
    make: plainBucket,
  },
  ourBucket: { name: "**Tollgate, token bucket**, ioredis", beside: "plainBucket", connect: ioredis, make: bucket },
  nodePlainBucket: {
    name: "our script of token buckets, one by one, node-redis",
    beside: "nodePlainBucket",
    connect: nodeRedis,
    make: plainBucket,
  },
  nodeOurBucket: {
    name: "**Tollgate, token bucket**, node-redis",
    beside: "nodePlainBucket",
    connect: nodeRedis,
    make: bucket,
  },
};

/** One server, nine of ten calls on denied keys. */
export const ATTACK = {
  uncached: {
    name: "Tollgate, fixed window, `denialCache: false`",
    beside: "uncached",
    connect: ioredis,
    make: (setup, limit) => tollgate(setup, limit, uncached),
  },
  cached: { name: "**Tollgate, fixed window**", beside: "uncached", connect: ioredis, make: tollgate },
  uncachedBucket: {
    name: "Tollgate, token bucket, `denialCache: false`",
    beside: "uncachedBucket",
    connect: ioredis,
    make: (setup, limit) => bucket(setup, limit, uncached),
  },
  cachedBucket: { name: "**Tollgate, token bucket**", beside: "uncachedBucket", connect: ioredis, make: bucket },
  plain: { name: "bare EVALSHA", beside: "uncached", connect: ioredis, make: plainScript },
  rlr: { name: "rate-limit-redis", beside: "uncached", connect: ioredis, make: rateLimitRedis },
  rlf: { name: "rate-limiter-flexible", beside: "uncached", connect: ioredis, make: flexible },
  rlfBlock: {
    name: "rate-limiter-flexible, its block in memory",
    beside: "uncached",
    connect: ioredis,
    make: blocking,
  },
};

/** A cluster of three masters, keys that are never denied. */
export const CLUSTER = {
  plain: { name: "bare EVALSHA, ioredis", beside: "plain", connect: ioredisCluster, make: plainScript },
  ours: { name: "**Tollgate, fixed window**, ioredis", beside: "plain", connect: ioredisCluster, make: tollgate },
  rlf: { name: "rate-limiter-flexible, ioredis", beside: "plain", connect: ioredisCluster, make: flexible },
  nodePlain: { name: "bare EVALSHA, node-redis", beside: "nodePlain", connect: nodeRedisCluster, make: plainScript },
  nodeOurs: {
    name: "**Tollgate, fixed window**, node-redis",
    beside: "nodePlain",
    connect: nodeRedisCluster,
    make: tollgate,
  },
};

/** By the name that a child is given. */
export const SUBJECTS = { spread: SPREAD, attack: ATTACK, cluster: CLUSTER };
