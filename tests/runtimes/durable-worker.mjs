// A worker whose limits are kept by Durable Objects: it replays the vectors, and calls limiters as a test says.
import { Hono } from "hono";
import { createLimiter } from "tollgate";
import { durable } from "tollgate/cloudflare";
import { rateLimit } from "tollgate/hono";
import { engine } from "../../dist/esm/engine.js";
import * as cells from "../../dist/esm/scratch.js";
import { DECIDER } from "../../dist/esm/store/decider.js";
import { answersOfDecider } from "../vectors/replay.mjs";
import { isSame, VECTORS } from "./program.mjs";
import { NOW_MICROS } from "./tested-objects.mjs";

export { TollgateObject } from "tollgate/cloudflare";
export { ClockedObject, HastyObject } from "./tested-objects.mjs";

/** Each object is ended before so many of the calls. */
const ENDED_BEFORE_EACH = 5;

const END = "https://tollgate/end";

/** A namespace that remembers what it was asked for, and brings headers along. */
function watched(namespace, headers) {
  const seen = { object: undefined };
  const get = (id) => {
    seen.object = namespace.get(id);
    return { fetch: (url, init) => namespace.get(id).fetch(url, { ...init, headers }) };
  };
  return { seen, namespace: { idFromName: (name) => namespace.idFromName(name), get } };
}

async function replayed(namespace, one, ending) {
  const headers = {};
  const { seen, namespace: clocked } = watched(namespace, headers);
  const spec = {
    name: one.name,
    prefix: ending ? "ending" : "lasting",
    policies: one.policies,
    engine: engine.createLimiter({ policies: one.policies, seed: [1, 2] }, cells.scratch),
    onAnswer() {},
  };
  let calls = 0;
  const at = async (now) => {
    headers[NOW_MICROS] = String(now);
    if (ending && ++calls % ENDED_BEFORE_EACH === 0) await seen.object.fetch(END);
  };
  return answersOfDecider(durable(clocked)[DECIDER](spec), cells, one, at);
}

/** How many answers there were, and of each case the first that is wrong. */
async function vectors(namespace, ending) {
  const wrong = [];
  let answers = 0;
  for (const one of VECTORS.flatMap((file) => file.cases)) {
    const found = await replayed(namespace, one, ending);
    answers += found.length;
    const at = one.steps.findIndex((step, i) => !isSame(found[i], step.expect));
    if (at >= 0) wrong.push({ name: one.name, at, found: found[at], step: one.steps[at] });
  }
  return { answers, wrong };
}

/** Makes a limiter, calls it, and says what it answered. */
async function call(env, { namespace = "TOLLGATE", options, method, args, ended = false, stored = false }) {
  const { seen, namespace: known } = watched(env[namespace], {});
  const limiter = createLimiter({
    onStoreError: "closed",
    storeTimeout: "20s",
    denialCache: false,
    ...options,
    redis: durable(known),
  });
  const errors = [];
  limiter.on("degraded", ({ code, message }) => errors.push({ code, message }));
  const answer = await limiter[method](...args);
  // What the runtime ends does not answer.
  if (ended) await seen.object.fetch(END).catch(() => {});
  const names = stored ? await (await seen.object.fetch("https://tollgate/stored")).json() : undefined;
  return { answer, errors, stored: names };
}

const app = new Hono();
app.get("/vectors", async (c) => c.json(await vectors(c.env.CLOCKED, c.req.query("ending") === "yes")));
app.post("/call", async (c) => c.json(await call(c.env, await c.req.json())));
app.post("/raw", async (c) => {
  const { name, body } = await c.req.json();
  const object = c.env.TOLLGATE.get(c.env.TOLLGATE.idFromName(name));
  return c.json(await (await object.fetch("https://tollgate/", { method: "POST", body })).json());
});

const key = (c) => c.req.query("key");
app.use("/isolate", rateLimit({ name: "isolate", limit: 3, window: "1h", key }));
app.use(
  "/world",
  rateLimit({ name: "world", limit: 3, window: "1h", key, storeTimeout: "20s", redis: (c) => durable(c.env.TOLLGATE) }),
);
for (const path of ["/isolate", "/world"]) app.get(path, (c) => c.json(c.var.rateLimit));

export default app;
