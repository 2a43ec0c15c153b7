// What every runtime does: it uses the package, and says what came of it.
import { createLimiter, createPacer, createPresence, toHeaders } from "tollgate";
import { rateLimit } from "tollgate/fetch";
import { engine } from "../../dist/esm/engine.js";
import * as cells from "../../dist/esm/scratch.js";
import blocks from "../vectors/blocks.json" with { type: "json" };
import fixedWindow from "../vectors/fixed-window.json" with { type: "json" };
import ownLimits from "../vectors/own-limits.json" with { type: "json" };
import { answers } from "../vectors/replay.mjs";
import severalPolicies from "../vectors/several-policies.json" with { type: "json" };
import slidingWindow from "../vectors/sliding-window.json" with { type: "json" };
import tokenBucket from "../vectors/token-bucket.json" with { type: "json" };

export const VECTORS = [blocks, fixedWindow, ownLimits, severalPolicies, slidingWindow, tokenBucket];

const KEYS = ["", "\0", "a", "a\0", "á", "a\u0301", "\ud800", "\udc00", "\ufffd", "€".repeat(300), "€".repeat(301)];

/** How many answers there were, and the names of the cases in which one is wrong. */
function vectors() {
  const cases = VECTORS.flatMap((file) => file.cases);
  const isWrong = (one) =>
    !isSame(
      answers(engine, cells, one),
      one.steps.map((step) => step.expect),
    );
  return { answers: cases.flatMap((one) => one.steps).length, wrong: cases.filter(isWrong).map((one) => one.name) };
}

export function isSame(one, other) {
  if (typeof one !== "object" || one === null) return one === other;
  return [...new Set([...Object.keys(one), ...Object.keys(other ?? {})])].every((name) =>
    isSame(one[name], other?.[name]),
  );
}

function usual() {
  const limiter = createLimiter({ policies: ["2 per 1m", "1000 per 1d"] });
  const allowed = [1, 2, 3].map(() => limiter.checkSync("ann").allowed);
  return { allowed, headers: toHeaders(limiter.peekSync("ann")), keys: limiter.stats().keys };
}

function sharedKeys() {
  const limiter = createLimiter({ limit: 1, window: "1h" });
  return KEYS.filter((key) => !limiter.checkSync(key).allowed);
}

/** So many keys that the engine's memory grows while it decides. */
function manyKeys() {
  const limiter = createLimiter({ limit: 1, window: "1h" });
  let allowed = 0;
  for (let i = 0; i < 200_000; i++) if (limiter.checkSync(`key ${i}`).allowed) allowed++;
  return { allowed, again: limiter.checkSync("key 0").allowed, keys: limiter.stats().keys };
}

function mistake() {
  try {
    createLimiter({ limit: 1, window: "20000d" });
  } catch ({ code, message }) {
    return { code, message };
  }
  return undefined;
}

async function refusal() {
  const limit = rateLimit({ limit: 1, window: "1m", key: () => "ann" });
  const request = new Request("http://127.0.0.1/");
  const first = await limit(request);
  const second = await limit(request);
  return { first: first === undefined, status: second.status, body: await second.json() };
}

/** Those that are drained: a queue of calls that go out, and who is here. */
async function machines() {
  const pacer = createPacer({ limit: 2, window: "1h", maxDelay: 1 });
  const paced = await Promise.all([1, 2, 3].map((n) => pacer(() => n).catch(({ code }) => code)));
  await pacer.close();
  const presence = createPresence();
  const place = await presence.join("room", { user: "ann" });
  const { members } = await presence.count("room");
  await place.leave();
  const left = await presence.count("room");
  await presence.close();
  return { paced, members, left: left.members };
}

export async function report() {
  return {
    engine: engine.kind,
    vectors: vectors(),
    usual: usual(),
    sharedKeys: sharedKeys(),
    manyKeys: manyKeys(),
    mistake: mistake(),
    refusal: await refusal(),
    machines: await machines(),
  };
}
