import { connect } from "node:net";
import express, { type NextFunction, type Request, type Response } from "express";
import { afterEach, expect, it, vi } from "vitest";
import { rateLimit } from "../src/express.js";
import { createLimiter } from "../src/index.js";
import { listening, type Running, running, stopAll } from "./frameworks.js";

afterEach(async () => {
  vi.restoreAllMocks();
  await stopAll();
});

const once = { limit: 1, window: "1h" } as const;
const from = (address: string) => ({ "x-forwarded-for": address });

async function serving(app: express.Express): Promise<Running> {
  app.get("/{*path}", (_req, res) => {
    res.send("ok");
  });
  return running(await listening(app.listen(0, "127.0.0.1")));
}

it("believes X-Forwarded-For as far as trust proxy does", async () => {
  const trusting = express();
  trusting.set("trust proxy", 1);
  trusting.use(rateLimit(once));
  const server = await serving(trusting);
  expect(await server.statuses(2, "/", from("203.0.113.1"))).toEqual([200, 429]);
  expect(await server.statuses(2, "/", from("203.0.113.2"))).toEqual([200, 429]);
  expect(await server.statuses(1, "/", from("6.6.6.6, 203.0.113.1"))).toEqual([429]);

  const wary = express();
  wary.use(rateLimit(once));
  const behind = await serving(wary);
  expect(await behind.statuses(1, "/", from("203.0.113.1"))).toEqual([200]);
  expect(await behind.statuses(1, "/", from("203.0.113.2"))).toEqual([429]);
});

it("takes all addresses of a household for one client, and an IPv4 address for itself however it is written", async () => {
  const app = express();
  app.set("trust proxy", 1);
  app.use(rateLimit({ ...once, allowList: ["2001:db8:aa::1"] }));
  const server = await serving(app);
  expect(await server.statuses(1, "/", from("2001:db8:0:1::1"))).toEqual([200]);
  expect(await server.statuses(1, "/", from("2001:db8:0:2::9"))).toEqual([429]);
  expect(await server.statuses(1, "/", from("2001:db8:1::1"))).toEqual([200]);
  expect(await server.statuses(1, "/", from("198.51.100.1"))).toEqual([200]);
  expect(await server.statuses(1, "/", from("::ffff:c633:6401"))).toEqual([429]);
  expect(await server.statuses(2, "/", from("2001:db8:aa::2"))).toEqual([200, 200]);
});

it("a request without an address shares a bucket, and the notice names trust proxy", async () => {
  const told = vi.spyOn(console, "warn").mockImplementation(() => {});
  const app = express();
  app.use((req, _res, next) => {
    Object.defineProperty(req, "ip", { value: undefined });
    next();
  });
  app.use(rateLimit(once));
  const server = await serving(app);
  expect(await server.statuses(2)).toEqual([200, 429]);
  expect(told.mock.calls.flat()).toEqual([expect.stringContaining('app.set("trust proxy", 1)')]);
});

it("counts a request once, however often it passes the same middleware", async () => {
  const limited = rateLimit({ limit: 2, window: "1h" });
  const app = express();
  app.use(limited);
  app.use("/api", limited, express.Router().use(limited));
  const server = await serving(app);
  expect(await server.statuses(3, "/api/x")).toEqual([200, 200, 429]);
  expect(limited.limiter.stats()).toMatchObject({ allowed: 2, denied: 1 });
});

it("limits a route besides the application", async () => {
  const app = express();
  app.use(rateLimit({ name: "app", limit: 3, window: "1h" }));
  app.get("/search", rateLimit({ name: "search", limit: 1, window: "1h" }), (_req, res) => {
    res.send("found");
  });
  const server = await serving(app);
  expect(await server.statuses(2, "/search")).toEqual([200, 429]);
  expect(await server.statuses(2)).toEqual([200, 429]);
});

it("a request that a client gives up has failed", async () => {
  const limiter = createLimiter(once);
  const app = express();
  app.use(rateLimit({ limiter, key: () => "ann", skipFailedRequests: true }));
  const arrived = new Promise<Response>((resolve) => {
    app.get("/slow", (_req, res) => resolve(res));
  });
  const { port } = await serving(app);
  const socket = connect(port, "127.0.0.1");
  socket.write("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const response = await arrived;
  expect(limiter.peekSync("ann").remaining).toBe(0);
  const closed = new Promise((resolve) => response.once("close", resolve));
  socket.destroy();
  await closed;
  expect(limiter.peekSync("ann").remaining).toBe(1);
});

it("an answer that was given while a key was looked up stays", async () => {
  const app = express();
  let found: (key: string) => void = () => {};
  const after = vi.fn((_req: Request, _res: Response, next: NextFunction) => next());
  app.use((_req, res, next) => {
    next();
    res.status(504).send("too late");
    found("ann");
  });
  app.use(
    rateLimit({
      ...once,
      key: () =>
        new Promise<string>((resolve) => {
          found = resolve;
        }),
    }),
  );
  app.use(after);
  app.use((_req, _res, next) => next("route"));
  const failed = vi.fn((_error: Error, _req: Request, _res: Response, _next: NextFunction) => {});
  app.use(failed);
  const server = running(await listening(app.listen(0, "127.0.0.1")));
  expect(await server.statuses(2)).toEqual([504, 504]);
  expect(failed).not.toHaveBeenCalled();
  expect(after).toHaveBeenCalledTimes(1);
});

it("answers HEAD without a body", async () => {
  const app = express();
  app.use(rateLimit(once));
  const { port, statuses } = await serving(app);
  await statuses(1);
  const refused = await fetch(`http://127.0.0.1:${port}/`, { method: "HEAD" });
  expect([refused.status, refused.headers.get("retry-after"), await refused.text()]).toEqual([429, "3600", ""]);
});

it("gives the limiter, to reset and to look at", async () => {
  const limited = rateLimit({ ...once, key: () => "ann" });
  const app = express();
  app.use(limited);
  const server = await serving(app);
  expect(await server.statuses(2)).toEqual([200, 429]);
  await limited.limiter.reset("ann");
  expect(await server.statuses(1)).toEqual([200]);
  expect(limited.limiter.stats()).toMatchObject({ allowed: 2, denied: 1, keys: 1 });
});
