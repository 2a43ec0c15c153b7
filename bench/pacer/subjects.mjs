// Who is compared: each makes `limit(fn, signal)`, which calls fn when its turn comes. Calls are counted in windows of
// `interval` ms where a library can, and bounded by `concurrency` where it cannot.

async function tollgate({ rate, interval, concurrency }) {
  const { createPacer } = await import("tollgate");
  const pace = createPacer(rate === undefined ? { concurrency } : { limit: rate, window: interval });
  return (fn, signal) => (signal === undefined ? pace(fn) : pace(fn, { signal }));
}

async function tollgatePRateLimit({ rate, interval }) {
  const { pRateLimit } = await import("tollgate/p-ratelimit");
  return pRateLimit({ rate, interval });
}

async function pRatelimit({ rate, interval }) {
  const { pRateLimit } = await import("p-ratelimit");
  return pRateLimit({ rate, interval });
}

const pQueue =
  (strict) =>
  async ({ rate, interval }) => {
    const { default: PQueue } = await import("p-queue");
    const queue = new PQueue({ intervalCap: rate, interval, strict });
    return (fn, signal) => queue.add(fn, signal === undefined ? undefined : { signal });
  };

const pThrottle =
  (strict) =>
  async ({ rate, interval, signal }) => {
    const { default: throttle } = await import("p-throttle");
    return throttle({ limit: rate, interval, strict, signal })((fn) => fn());
  };

async function pLimit({ concurrency }) {
  const { default: limit } = await import("p-limit");
  return limit(concurrency);
}

async function limiter({ rate, interval }) {
  const { RateLimiter } = await import("limiter");
  const bucket = new RateLimiter({ tokensPerInterval: rate, interval });
  return async (fn) => {
    await bucket.removeTokens(1);
    return fn();
  };
}

/** Its reservoir is filled every multiple of 250 ms. */
async function bottleneck({ rate, interval }) {
  const { default: Bottleneck } = await import("bottleneck");
  const queue = new Bottleneck({
    reservoir: rate,
    reservoirRefreshAmount: rate,
    reservoirRefreshInterval: Math.max(250, interval),
  });
  return (fn) => queue.schedule(fn);
}

/** It counts in whole seconds. */
async function flexibleQueue({ rate, interval }) {
  const { RateLimiterMemory, RateLimiterQueue } = await import("rate-limiter-flexible");
  const memory = new RateLimiterMemory({ points: rate, duration: Math.max(1, interval / 1000) });
  const queue = new RateLimiterQueue(memory);
  return async (fn) => {
    await queue.removeTokens(1);
    return fn();
  };
}

/**
 * Name, package, how to make it; `signals` where one signal takes back what waits; `rates: false` where there is only a
 * concurrency; `slow` where fewer jobs have to do, and `freeJobs` how many of those that never wait.
 */
export const SUBJECTS = {
  none: { name: "`await fn()` alone", make: async () => (fn) => fn(), limits: false },
  tollgate: { name: "Tollgate `createPacer`", make: tollgate, signals: true },
  "tollgate-p": { name: "Tollgate `pRateLimit`", make: tollgatePRateLimit },
  "p-throttle": { name: "p-throttle", package: "p-throttle", make: pThrottle(false), signals: true },
  "p-throttle-strict": { name: "p-throttle, `strict`", make: pThrottle(true), signals: true, slow: true },
  "p-ratelimit": { name: "p-ratelimit", package: "p-ratelimit", make: pRatelimit },
  "p-queue": { name: "p-queue", package: "p-queue", make: pQueue(false), signals: true },
  "p-queue-strict": { name: "p-queue, `strict`", make: pQueue(true), signals: true },
  "p-limit": { name: "p-limit (concurrency only)", package: "p-limit", make: pLimit, rates: false },
  limiter: { name: "limiter", package: "limiter", make: limiter, slow: true },
  flexible: {
    name: "rate-limiter-flexible's queue",
    package: "rate-limiter-flexible",
    make: flexibleQueue,
    slow: true,
  },
  bottleneck: { name: "bottleneck", package: "bottleneck", make: bottleneck, slow: true, freeJobs: 4_000 },
};
