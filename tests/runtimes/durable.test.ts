import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Miniflare, type WorkerOptions } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle, modulesOf } from "../../demo/worker/bundle.mjs";
import type { Decision } from "../../js/src/index.js";

const vectors = new URL("../vectors/", import.meta.url);
const persisted = mkdtempSync(join(tmpdir(), "tollgate-durable-"));
const FIVE = { name: "five", limit: 5, window: "1h" };

interface Answered {
  answer: Decision;
  errors: { code: string; message: string }[];
  stored?: string[];
}

let contents: string;
let flare: Miniflare;

/** Two Workers: the objects are those of the first. */
function started(): Miniflare {
  const worker = {
    compatibilityDate: "2024-09-01",
    modules: modulesOf(contents),
  } satisfies WorkerOptions;
  const classes = { TOLLGATE: "TollgateObject", CLOCKED: "ClockedObject", HASTY: "HastyObject" };
  const elsewhere = Object.entries(classes).map(([name, className]) => [name, { className, scriptName: "one" }]);
  return new Miniflare({
    durableObjectsPersist: persisted,
    workers: [
      { name: "one", ...worker, durableObjects: classes },
      { name: "two", ...worker, durableObjects: Object.fromEntries(elsewhere) },
    ],
  });
}

/** `fetch` of one of the Workers; the type that miniflare gives it stands in a package that is not needed otherwise. */
async function fetchFrom(worker: string, url: string, init?: RequestInit): Promise<Response> {
  const fetcher = (await flare.getWorker(worker)) as unknown as { fetch: typeof fetch };
  return fetcher.fetch(url, init);
}

async function post(path: string, body: unknown, worker = "one"): Promise<unknown> {
  const response = await fetchFrom(worker, `http://127.0.0.1${path}`, { method: "POST", body: JSON.stringify(body) });
  expect(response.status, path).toBe(200);
  return response.json();
}

const called = (call: object, worker?: string) => post("/call", call, worker) as Promise<Answered>;
const check = (options: object, key: string) => called({ options, method: "check", args: [key] });

beforeAll(async () => {
  contents = await bundle(new URL("durable-worker.mjs", import.meta.url), "workerd", { format: "es" });
  flare = started();
});

afterAll(async () => {
  await flare.dispose();
  rmSync(persisted, { recursive: true, force: true });
});

describe.each(["last", "end between calls"])("objects that %s answer what the vectors say", (lives) => {
  const files = readdirSync(vectors).filter((name) => name.endsWith(".json"));
  it.each(files)("%s", async (file) => {
    const { cases } = JSON.parse(readFileSync(new URL(file, vectors), "utf8")) as { cases: { name: string }[] };
    for (const { name } of cases) {
      const found = await post("/vectors", { name, ending: lives !== "last" });
      expect(found, name).toEqual({ answers: expect.any(Number), wrong: [] });
      expect((found as { answers: number }).answers).toBeGreaterThan(10);
    }
  });
});

it("two Workers at once are admitted exactly the limit", async () => {
  const options = { name: "both", limit: 50, window: "1h" };
  const calls = Array.from({ length: 120 }, (_, i) =>
    called({ options, method: "check", args: ["all"] }, i % 2 === 0 ? "one" : "two"),
  );
  const answers = await Promise.all(calls);
  expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
  expect(answers.filter(({ answer }) => answer.source === "store")).toHaveLength(120);
  expect(answers.filter(({ answer }) => answer.allowed)).toHaveLength(50);
});

it("an exhausted key stays so, and a blocked one blocked, in a runtime that starts again", async () => {
  const spent = await called({ options: FIVE, method: "check", args: ["spent", { cost: 5 }] });
  expect(spent.answer).toMatchObject({ allowed: true, remaining: 0, source: "store" });
  await called({ options: FIVE, method: "block", args: ["blocked", "2h"] });
  await called({ options: FIVE, method: "check", args: ["own", { cost: 7, limit: 8 }] });
  await flare.dispose();
  flare = started();
  const again = await check(FIVE, "spent");
  expect(again.answer).toMatchObject({ allowed: false, source: "store" });
  expect(again.answer.retryAfterMs).toBeLessThanOrEqual(spent.answer.resetAfterMs);
  const blocked = await check(FIVE, "blocked");
  expect(blocked.answer).toMatchObject({ allowed: false, remaining: 5 });
  expect(blocked.answer.retryAfterMs).toBeGreaterThan(3_600_000);
  const own = await called({ options: FIVE, method: "check", args: ["own", { cost: 2, limit: 8 }] });
  expect(own.answer).toMatchObject({ allowed: false, remaining: 1 });
  expect((await check(FIVE, "fresh")).answer).toMatchObject({ allowed: true, remaining: 4 });
});

it("an object that the runtime ends goes on where it was", async () => {
  const spend = (cost: number) =>
    called({ namespace: "HASTY", options: FIVE, method: "check", args: ["ended", { cost }], ended: true });
  expect((await spend(2)).answer.remaining).toBe(3);
  expect((await spend(2)).answer.remaining).toBe(1);
  expect((await spend(2)).answer.allowed).toBe(false);
  expect((await spend(1)).answer).toMatchObject({ allowed: true, remaining: 0 });
});

it("a key that was reset is free; keys, names and limits do not share their state", async () => {
  for (const options of [FIVE, { ...FIVE, name: "other" }, { ...FIVE, limit: 6 }]) {
    for (const key of ["a", "\ud800", "\udc00", "\ufffd", ""]) {
      const spent = await called({ options, method: "check", args: [key, { cost: 5 }] });
      expect(spent.answer.allowed, JSON.stringify(key)).toBe(true);
    }
  }
  expect((await check(FIVE, "a")).answer.allowed).toBe(false);
  await called({ options: FIVE, method: "reset", args: ["a"] });
  expect((await check(FIVE, "a")).answer).toMatchObject({ allowed: true, remaining: 4 });
});

it("who changes what is blocked keeps what was counted", async () => {
  await called({ options: FIVE, method: "check", args: ["grown", { cost: 5 }] });
  const refused = await check({ ...FIVE, blockFor: "2h" }, "grown");
  expect(refused.answer.allowed).toBe(false);
  expect(refused.answer.retryAfterMs).toBe(7_200_000);
});

it("an alarm deletes a state that has ended, and only then", async () => {
  const spend = (key: string, window: string) =>
    called({ namespace: "HASTY", options: { ...FIVE, window }, method: "check", args: [key], stored: true });
  const look = (key: string, window: string) =>
    called({ namespace: "HASTY", options: { ...FIVE, window }, method: "peek", args: [key], stored: true });
  expect((await spend("short", "300ms")).stored).toEqual(["state"]);
  expect((await spend("long", "1h")).stored).toEqual(["state"]);
  await expect.poll(async () => (await look("short", "300ms")).stored, { timeout: 10_000 }).toEqual([]);
  const kept = await look("long", "1h");
  expect([kept.stored, kept.answer.remaining]).toEqual([["state"], 4]);
  expect((await spend("short", "300ms")).answer).toMatchObject({ allowed: true, remaining: 4 });
});

it("what changes nothing is not stored", async () => {
  const options = { ...FIVE, name: "idle" };
  const peeked = await called({ namespace: "HASTY", options, method: "peek", args: ["nobody"], stored: true });
  expect(peeked).toMatchObject({ answer: { allowed: true, remaining: 5 }, stored: [] });
  const refused = await called({
    namespace: "HASTY",
    options,
    method: "check",
    args: ["big", { cost: 6 }],
    stored: true,
  });
  expect(refused).toMatchObject({ answer: { allowed: false }, stored: [] });
});

it("calls that an object does not understand are answered with what is wrong", async () => {
  const rules = (limit: number) => JSON.stringify([{ limit, windowMicros: 3_600_000_000 }]);
  const good = { protocol: 1, operation: "consume", rules: rules(5), asked: [1, 0] };
  const raw = (body: unknown) =>
    post("/raw", { name: "raw", body: typeof body === "string" ? body : JSON.stringify(body) });
  expect(await raw(good)).toHaveLength(10);
  const bad = [
    { ...good, protocol: 2 },
    { ...good, operation: "free" },
    { ...good, asked: ["1"] },
    {},
    null,
    "no JSON",
  ];
  for (const body of bad) expect(await raw(body), JSON.stringify(body)).toMatchObject({ code: "STORE_PROTOCOL" });
  expect(await raw({ ...good, rules: rules(6) })).toMatchObject({ code: "ENGINE_SAVED_POLICIES" });
  expect(await raw({ ...good, rules: rules(0) })).toMatchObject({ code: "CONFIG_LIMIT" });
  expect(await raw(good)).toMatchObject({ length: 10, 0: 1, 6: 3 });
});

it("the middleware counts in the isolate, or for the whole world", async () => {
  const visit = (worker: string, path: string) => fetchFrom(worker, `http://127.0.0.1${path}?key=visitor`);
  for (const [path, source, admitted] of [
    ["/isolate", "memory", 4],
    ["/world", "store", 3],
  ] as const) {
    const answers = [];
    for (const worker of ["one", "two", "one", "two"]) answers.push(await visit(worker, path));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(admitted);
    expect(await answers[0]?.json()).toMatchObject({ allowed: true, remaining: 2, source });
    expect(answers[0]?.headers.get("RateLimit")).toBe(`"${path.slice(1)}";r=2;t=3600`);
  }
});
