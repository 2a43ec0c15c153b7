// What users paste, for the compiler alone: nothing runs this file. `@ts-expect-error` marks what must not compile.
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { rateLimit as expressLimit } from "../src/express.js";
import { rateLimit as fastifyLimit, registerRateLimit } from "../src/fastify.js";
import { rateLimit as fetchLimit } from "../src/fetch.js";
import { rateLimit as honoLimit } from "../src/hono.js";
import { clientKey, createLimiter, createPacer, type Decision, type Limiter, toHeaders } from "../src/index.js";
import { pRateLimit, type Quota, QuotaManager, RateLimitTimeoutError } from "../src/p-ratelimit.js";

type User = { id: string; plan: "free" | "pro" };
const PLANS = { free: { perHour: 100 }, pro: { perHour: 5_000 } };
const userOf = (_request: object): User => ({ id: "1", plan: "free" });
const redis = process.env.REDIS_URL;

export function expressQuickStart(): void {
  const app = express();
  app.set("trust proxy", 1);
  app.use(expressLimit({ name: "api", limit: 100, window: "1m", redis: process.env.REDIS_URL }));
  app.use(
    "/search",
    expressLimit({ name: "search", redis, policies: ["5 per 1s", "1000 per 1d"], key: (req) => userOf(req).id }),
  );
  app.use(expressLimit({ limit: 5, window: "1s", message: async (req) => ({ error: `Slow down on ${req.path}.` }) }));
  app.use(expressLimit({ limit: (req) => PLANS[userOf(req).plan].perHour, window: "1h" }));

  const login = createLimiter({ name: "login", limit: 5, window: "15m", blockFor: "1h" });
  app.post(
    "/login",
    expressLimit({ limiter: login, key: (req) => `${req.ip}:${req.body.email}` }),
    async (req, res) => {
      const key = clientKey(req.ip ?? "");
      const decision = await login.check(key);
      if (!decision.allowed) return void res.status(429).set(toHeaders(decision)).end();
      await login.reset(key);
      res.json({ left: req.rateLimit?.remaining });
    },
  );
}

export async function fastifyQuickStart(): Promise<void> {
  const app = Fastify();
  await app.register(fastifyLimit, { limit: 100, window: "1m", redis: process.env.REDIS_URL });
  await registerRateLimit(app, { limit: 100, window: "1m", redis: false });
  await registerRateLimit(app, { policies: ["100 per minute"], key: (request) => userOf(request).id });
  app.get("/export", { config: { rateLimit: { name: "export", limit: 3, window: "1h" } } }, async (request) => ({
    left: request.rateLimit?.remaining,
  }));
  app.get("/free", { config: { rateLimit: false } }, async () => "ok");
  // @ts-expect-error A route is limited, or it is not: there is no third way.
  app.get("/odd", { config: { rateLimit: true } }, async () => "ok");
}

export function honoQuickStart(): Hono {
  const app = new Hono();
  app.use("/api/*", honoLimit({ name: "api", limit: 100, window: "1m", key: (c) => c.req.header("x-user") ?? "" }));
  app.get("/api/me", (c) => c.json({ left: c.var.rateLimit.remaining }));
  return app;
}

const handle = async (_request: Request) => new Response("ok");

export function fetchQuickStart(): (request: Request, peer?: object) => Promise<Response> {
  const limit = fetchLimit({ limit: 100, window: "1m" });
  return async (request, peer) => (await limit(request, peer)) ?? limit.finish(request, await handle(request));
}

export function policyNames(request: Request): void {
  const llm = fetchLimit({
    policies: [
      { name: "requests", limit: 500, window: "1m" },
      { name: "tokens", limit: 30_000, window: "1m" },
    ],
    cost: () => ({ requests: 1, tokens: 200 }),
    limits: async () => ({ tokens: 60_000 }),
  });
  llm.limiter satisfies Limiter<"requests" | "tokens">;
  llm.decision(request) satisfies Decision<"requests" | "tokens"> | undefined;
  // @ts-expect-error There is no such policy.
  llm.limiter.check("ann", { cost: { calls: 1 } });
  // @ts-expect-error A misspelled option.
  fetchLimit({ limit: 100, window: "1m", skipFailed: true });
  // @ts-expect-error A unit that does not exist.
  fetchLimit({ limit: 100, window: "1 fortnight" });
}

export async function pacers(ask: (signal: AbortSignal) => Promise<{ usage?: { total: number } }>): Promise<void> {
  const openai = createPacer({
    name: "openai",
    redis: process.env.REDIS_URL,
    concurrency: 20,
    maxDelay: "30s",
    policies: [
      { name: "requests", limit: 500, window: "1m" },
      { name: "tokens", limit: 30_000, window: "1m" },
    ],
  });
  const answer = await openai(
    async ({ settle, signal }) => {
      const found = await ask(signal);
      settle({ tokens: found.usage?.total ?? 0 });
      return found;
    },
    { cost: { requests: 1, tokens: 900 } },
  );
  answer.usage satisfies { total: number } | undefined;
  // @ts-expect-error There is no such policy.
  void openai(() => 1, { cost: { calls: 1 } });
  // @ts-expect-error An exact sliding window is the one way in which pacers count.
  createPacer({ limit: 1, window: "1s", algorithm: "token-bucket" });
  // @ts-expect-error Nothing would be limited.
  createPacer({ maxDelay: "1s" });

  const github = createPacer({ name: "github", limit: 5000, window: "1h", concurrency: 10, retry: 2 });
  const options: { request: { fetch: typeof fetch } } = { request: { fetch: github.fetch } };
  (await github.wrap((a: number, b: string) => `${a}${b}`)(1, options.request.fetch.name)) satisfies string;
  for await (const size of github.map(["a", "bc"], (text) => text.length)) size satisfies number;
  process.on("SIGTERM", () => github.close({ drain: "20s" }));
  createPacer({ limit: 1, window: "1s", retry: (error, attempt) => error instanceof Error && attempt < 3 && "2s" });
}

export async function pRateLimitQuickStart(call: () => Promise<number>): Promise<number> {
  const quota: Quota = { interval: 1000, rate: 30, concurrency: 10, maxDelay: 2000, fastStart: true };
  const limit = pRateLimit(new QuotaManager(quota));
  try {
    return (await limit(call)) + (await limit(call, 5));
  } catch (error) {
    return error instanceof RateLimitTimeoutError ? 0 : 1;
  }
}
