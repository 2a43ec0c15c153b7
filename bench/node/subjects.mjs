// What is compared: each subject answers `check(key)` with whether the call may go and how many are left.
// `sync` subjects answer at once; the others are awaited, as their users have to.

const LIMIT = 2_000;
const WINDOW_MS = 3_600_000;

/** The least that anybody could write by hand. */
function bareMap() {
  const states = new Map();
  return (key) => {
    const now = Date.now();
    let state = states.get(key);
    if (state === undefined || state.resetAt <= now) {
      state = { used: 0, resetAt: now + WINDOW_MS };
      states.set(key, state);
    }
    state.used++;
    return { allowed: state.used <= LIMIT, remaining: LIMIT - state.used, resetMs: state.resetAt - now };
  };
}

async function tollgate(options = {}) {
  const { createLimiter } = await import("tollgate");
  return createLimiter({ limit: LIMIT, window: WINDOW_MS, maxKeys: 4_000_000, ...options });
}

async function expressRateLimit() {
  const { MemoryStore } = await import("express-rate-limit");
  const store = new MemoryStore();
  store.init({ windowMs: WINDOW_MS });
  return async (key) => {
    const { totalHits, resetTime } = await store.increment(key);
    return { allowed: totalHits <= LIMIT, remaining: LIMIT - totalHits, resetMs: resetTime };
  };
}

async function rateLimiterFlexible() {
  const { RateLimiterMemory } = await import("rate-limiter-flexible");
  const limiter = new RateLimiterMemory({ points: LIMIT, duration: WINDOW_MS / 1000 });
  return async (key) => {
    const { remainingPoints, msBeforeNext } = await limiter.consume(key);
    return { allowed: true, remaining: remainingPoints, resetMs: msBeforeNext };
  };
}

async function fastifyRateLimit() {
  const { default: LocalStore } = await import("@fastify/rate-limit/store/LocalStore.js");
  const store = new LocalStore(false, false, 4_000_000);
  return (key) => {
    let answer;
    store.incr(
      key,
      (_error, { current, ttl }) => {
        answer = { allowed: current <= LIMIT, remaining: LIMIT - current, resetMs: ttl };
      },
      WINDOW_MS,
      LIMIT,
    );
    return answer;
  };
}

async function honoRateLimiter() {
  const { MemoryStore } = await import("hono-rate-limiter");
  const store = new MemoryStore();
  store.init({ windowMs: WINDOW_MS });
  return async (key) => {
    const { totalHits, resetTime } = await store.increment(key);
    return { allowed: totalHits <= LIMIT, remaining: LIMIT - totalHits, resetMs: resetTime };
  };
}

/** Name, whether it answers at once, package of a peer, and how to make it. */
export const SUBJECTS = {
  map: { name: "bare `Map`", sync: true, make: async () => bareMap() },
  tollgate: { name: "Tollgate, `checkSync`", sync: true, make: async () => method(await tollgate(), "checkSync") },
  "tollgate-wide": {
    name: "Tollgate, `checkSync`, 16-byte state",
    sync: true,
    make: async () => method(await tollgate({ limit: 5_000 }), "checkSync"),
  },
  "tollgate-await": { name: "Tollgate, `await check`", make: async () => method(await tollgate(), "check") },
  express: { name: "express-rate-limit `MemoryStore`", package: "express-rate-limit", make: expressRateLimit },
  flexible: { name: "rate-limiter-flexible", package: "rate-limiter-flexible", make: rateLimiterFlexible },
  fastify: { name: "@fastify/rate-limit's store", sync: true, package: "@fastify/rate-limit", make: fastifyRateLimit },
  hono: { name: "hono-rate-limiter `MemoryStore`", package: "hono-rate-limiter", make: honoRateLimiter },
};

function method(limiter, name) {
  return (key) => limiter[name](key);
}
