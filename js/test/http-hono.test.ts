import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { afterEach, expect, it, vi } from "vitest";
import { rateLimit } from "../src/hono.js";
import { createLimiter } from "../src/index.js";
import { listening, type Running, running, serveOn, stopAll } from "./frameworks.js";

afterEach(async () => {
  vi.restoreAllMocks();
  await stopAll();
});

const once = { limit: 1, window: "1h" } as const;

async function serving(app: Hono): Promise<Running> {
  return running(await listening(serveOn(app.fetch)));
}

it("gives handlers the decision", async () => {
  const app = new Hono();
  app.use(rateLimit({ limit: 5, window: "1h" }));
  app.get("/", (c) => c.json({ left: c.var.rateLimit.remaining }));
  const server = await serving(app);
  expect(await (await server.get()).json()).toEqual({ left: 4 });
});

it("writes its fields however a handler answers", async () => {
  const app = new Hono();
  app.use(rateLimit({ name: "api", limit: 100, window: "1m" }));
  app.get("/json", (c) => c.json({}));
  app.get("/raw", () => new Response("raw"));
  app.get("/proxied", () => fetch("data:,proxied"));
  app.get("/redirect", () => Response.redirect("http://127.0.0.1/"));
  app.get("/exception", () => {
    throw new HTTPException(401, { res: new Response("who?", { status: 401 }) });
  });
  app.get("/thrown", () => {
    throw new Error("broken");
  });
  app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text("failed", 500)));
  const server = await serving(app);
  const paths = { json: 200, raw: 200, proxied: 200, redirect: 302, exception: 401, thrown: 500, nowhere: 404 };
  for (const [path, status] of Object.entries(paths)) {
    const answer = await server.get(`/${path}`);
    expect([path, answer.status]).toEqual([path, status]);
    expect(answer.headers.get("ratelimit-policy")).toBe('"api";q=100;w=60');
    expect(answer.headers.get("ratelimit")).toMatch(/^"api";r=\d+;t=60$/);
  }
});

it("counts a request once, however often it passes the same middleware", async () => {
  const limited = rateLimit({ limit: 2, window: "1h" });
  const app = new Hono();
  app.use(limited);
  app.route(
    "/api",
    new Hono().use(limited).get("/x", limited, (c) => c.text("ok")),
  );
  const server = await serving(app);
  expect(await server.statuses(3, "/api/x")).toEqual([200, 200, 429]);
  expect(limited.limiter.stats()).toMatchObject({ allowed: 2, denied: 1 });
});

it("limits a route besides the application", async () => {
  const app = new Hono();
  app.use(rateLimit({ name: "app", limit: 3, window: "1h" }));
  app.get("/search", rateLimit({ name: "search", limit: 1, window: "1h" }), () => new Response("found"));
  app.get("/", (c) => c.text("ok"));
  const server = await serving(app);
  expect((await server.get("/search")).headers.get("ratelimit-policy")).toBe('"app";q=3;w=3600, "search";q=1;w=3600');
  expect(await server.statuses(1, "/search")).toEqual([429]);
  expect(await server.statuses(2)).toEqual([200, 429]);
});

it("a handler that throws has failed", async () => {
  const limiter = createLimiter(once);
  const app = new Hono();
  app.use(rateLimit({ limiter, key: () => "ann", skipFailedRequests: true }));
  app.get("/", () => {
    throw new Error("broken");
  });
  app.get("/odd", () => Promise.reject("not an error"));
  app.onError((_error, c) => c.text("failed", 500));
  expect((await app.request("/")).status).toBe(500);
  await expect(app.request("/odd")).rejects.toBe("not an error");
  expect(limiter.peekSync("ann").remaining).toBe(1);
});

it("knows the address on Cloudflare Workers, and believes that field nowhere else", async () => {
  const told = vi.spyOn(console, "warn").mockImplementation(() => {});
  const app = new Hono();
  app.use(rateLimit(once));
  app.get("/", (c) => c.text("ok"));
  const call = async (ip: string, cf?: object) => {
    const request = new Request("http://localhost/", { headers: { "cf-connecting-ip": ip } });
    if (cf !== undefined) Object.assign(request, { cf });
    return (await app.fetch(request, {})).status;
  };
  expect([await call("203.0.113.1", {}), await call("203.0.113.1", {}), await call("203.0.113.2", {})]).toEqual([
    200, 429, 200,
  ]);
  expect(told).not.toHaveBeenCalled();
  expect([await call("203.0.113.3"), await call("203.0.113.4")]).toEqual([200, 429]);
  expect(told).toHaveBeenCalledTimes(1);
});

it.each([
  ["@hono/node-server", (ip: string) => ({ incoming: { socket: { remoteAddress: ip } } })],
  [
    "@hono/node-server beside other bindings",
    (ip: string) => ({ server: { incoming: { socket: { remoteAddress: ip } } } }),
  ],
  ["Bun", (address: string) => ({ requestIP: () => ({ address }) })],
  ["Bun beside other bindings", (address: string) => ({ server: { requestIP: () => ({ address }) } })],
  ["Deno", (hostname: string) => ({ remoteAddr: { hostname, port: 1, transport: "tcp" } })],
])("knows the address as %s tells it", async (_, env) => {
  const app = new Hono();
  app.use(rateLimit(once));
  app.get("/", (c) => c.text("ok"));
  const status = async (ip: string) => (await app.request("/", {}, env(ip))).status;
  expect([await status("203.0.113.1"), await status("203.0.113.1"), await status("203.0.113.2")]).toEqual([
    200, 429, 200,
  ]);
});

it.each([undefined, {}, { incoming: {} }, { incoming: null }, { requestIP: () => null }, { server: null }])(
  "takes %o for a request of nobody",
  async (env) => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const app = new Hono();
    app.use(rateLimit(once));
    app.get("/", (c) => c.text("ok"));
    expect((await app.request("/", {}, env)).status).toBe(200);
    expect((await app.request("/", {}, env)).status).toBe(429);
  },
);
