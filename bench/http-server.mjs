// A server for the HTTP bench: a framework, bare or with one limiter. Prints its port, and its CPU time when asked.
// node bench/http-server.mjs <subject>
import { createServer } from "node:http";

const LIMIT = 1_000_000_000;
const WINDOW_MS = 3_600_000;
const BODY = "hello";

function listen(server) {
  server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
}

function bareMap() {
  const states = new Map();
  return (request, response) => {
    const [key, now] = [request.socket.remoteAddress, Date.now()];
    let state = states.get(key);
    if (state === undefined || state.resetAt <= now) {
      state = { used: 0, resetAt: now + WINDOW_MS };
      states.set(key, state);
    }
    state.used++;
    response.setHeader("X-RateLimit-Limit", LIMIT);
    response.setHeader("X-RateLimit-Remaining", LIMIT - state.used);
    response.setHeader("X-RateLimit-Reset", Math.ceil((state.resetAt - now) / 1000));
  };
}

async function withHttp(limiter) {
  const limit = limiter ?? (() => {});
  listen(
    createServer((request, response) => {
      limit(request, response);
      response.end(BODY);
    }),
  );
}

async function withExpress(middleware) {
  const { default: express } = await import("express");
  const app = express();
  if (middleware) app.use(await middleware());
  app.get("/", (_request, response) => void response.send(BODY));
  listen(createServer(app));
}

async function withFastify(register) {
  const { default: Fastify } = await import("fastify");
  const app = Fastify();
  if (register) await register(app);
  app.get("/", async () => BODY);
  await app.listen({ port: 0, host: "127.0.0.1" });
  process.send({ port: app.server.address().port });
}

async function withHono(middleware) {
  const { Hono } = await import("hono");
  const { serve } = await import("@hono/node-server");
  const app = new Hono();
  if (middleware) app.use(await middleware());
  app.get("/", (c) => c.text(BODY));
  serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => process.send({ port }));
}

const rule = { limit: LIMIT, window: WINDOW_MS };

const SERVERS = {
  http: () => withHttp(),
  "http+map": () => withHttp(bareMap()),
  express: () => withExpress(),
  "express+tollgate": () => withExpress(async () => (await import("tollgate/express")).rateLimit(rule)),
  "express+peer": () =>
    withExpress(async () =>
      (await import("express-rate-limit")).rateLimit({ windowMs: WINDOW_MS, limit: LIMIT, standardHeaders: "draft-8" }),
    ),
  fastify: () => withFastify(),
  "fastify+tollgate": () =>
    withFastify(async (app) => app.register((await import("tollgate/fastify")).rateLimit, rule)),
  "fastify+peer": () =>
    withFastify(async (app) =>
      app.register((await import("@fastify/rate-limit")).default, { max: LIMIT, timeWindow: WINDOW_MS }),
    ),
  hono: () => withHono(),
  "hono+tollgate": () => withHono(async () => (await import("tollgate/hono")).rateLimit(rule)),
  "hono+peer": () =>
    withHono(async () =>
      (await import("hono-rate-limiter")).rateLimiter({
        windowMs: WINDOW_MS,
        limit: LIMIT,
        keyGenerator: () => "127.0.0.1",
      }),
    ),
};

process.on("message", () => process.send({ cpu: process.cpuUsage() }));
process.on("disconnect", () => process.exit(0));
await SERVERS[process.argv[2]]();
