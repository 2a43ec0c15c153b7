// The routes of the demo.
import express from "express";
import { clientKey, TollgateError } from "tollgate";
import { rateLimit } from "tollgate/express";
import { pageFolder } from "./build.mjs";
import { LiveRule, tellSource } from "./rule.mjs";

const CLIENT_ID = /^[\w-]{8,64}$/;
/** `wasm-unsafe-eval` lets the page start the engine that decides in the browser; it allows no other evaluation. */
const CONTENT_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * The Express app, its rule, and how to free what it holds. `onRule` is called when a request has changed the rule;
 * where there are several processes, `name` is this one's, and `revision` the number that all give the first rule.
 */
export async function makeApp({ rate, redis, name, revision, onRule = () => {} }) {
  const limits = { policies: [rate], redis };
  const rule = await LiveRule.begin(limits, keyOf, revision);
  const named = redis === undefined ? limits : { ...limits, name: "limited" };
  const limited = rateLimit({ ...named, onLimited: tellSource });

  const app = express();
  app.disable("x-powered-by");
  app.disable("etag"); // A 304 would hide which answer a request got.
  app.use(securityHeaders);
  app.use(["/api", "/limited"], neverCached);
  if (name !== undefined) app.use(["/api", "/limited"], answeredBy(name));

  app.get("/limited", limited, pass);
  app.get("/api/hit", rule.middleware, pass);
  app.get("/api/state", async (req, res) => res.json(await rule.view(req)));
  app
    .route("/api/rule")
    .post(express.json({ limit: "4kb" }), changeRule)
    .put(express.json({ limit: "4kb" }), changeRule);
  app.use("/api", (_req, res) =>
    res.status(404).json(problem("DEMO_ROUTE", "There is no such route.", "GET /api/hit")),
  );

  app.use("/assets", express.static(`${pageFolder}/assets`, { immutable: true, maxAge: "1y", fallthrough: false }));
  app.use(express.static(pageFolder));
  app.use(notFound);
  app.use(answerError);

  async function changeRule(req, res) {
    await rule.change(req.body);
    onRule(rule.shared);
    res.json(await rule.view(req));
  }

  return { app, rule, close: () => Promise.all([rule.close(), limited.limiter.close()]) };
}

/**
 * Each tab of the page has a bucket of its own, so that two tabs do not disturb each other. A real service takes
 * no key that its client makes up: whoever sends a new one each time is never limited.
 */
function keyOf(req) {
  const id = req.get("x-client-id") ?? "";
  return CLIENT_ID.test(id) ? `tab:${id}` : clientKey(req.ip);
}

/** Says which process answers. A connection stays with one: closing it lets the next request go to another. */
function answeredBy(name) {
  return (_req, res, next) => {
    res.set({ "X-Process": name, Connection: "close" });
    next();
  };
}

function securityHeaders(_req, res, next) {
  res.set({
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
  });
  next();
}

function pass(req, res) {
  tellSource(req, req.rateLimit);
  res.json({ ok: true });
}

function neverCached(_req, res, next) {
  res.set("Cache-Control", "no-store");
  next();
}

function notFound(req, res) {
  const built = req.path === "/" ? "The page is not built: run `npm start`, or `node demo/build.mjs`." : "Not found.";
  res.status(404).type("text").send(`${built}\n`);
}

/** Express knows an error handler by its four parameters. */
function answerError(error, _req, res, _next) {
  const { code, message, hint } = error;
  if (error instanceof TollgateError) return res.status(400).json(problem(code, message, hint));
  const status = error.status >= 400 && error.status < 500 ? error.status : 500;
  if (status === 500) console.error(error);
  const text = status === 500 ? "The server failed; its log says why." : message;
  return res.status(status).json(problem("DEMO_REQUEST", text, "Send small JSON with Content-Type: application/json."));
}

function problem(code, message, hint) {
  return { code, message, hint };
}
