// What users paste, for the compiler alone: nothing runs this file. `@ts-expect-error` marks what must not compile.
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { rateLimit as expressLimit } from "../src/express.js";
import { rateLimit as fastifyLimit, registerRateLimit } from "../src/fastify.js";
import { rateLimit as fetchLimit } from "../src/fetch.js";
import { rateLimit as honoLimit } from "../src/hono.js";
import { clientKey, createLimiter, type Decision, type Limiter, toHeaders } from "../src/index.js";

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
