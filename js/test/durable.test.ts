import { afterEach, describe, expect, it, vi } from "vitest";
import type { DurableNamespace, DurableState } from "../src/cloudflare/runtime.js";
import { durable, TollgateObject } from "../src/cloudflare.js";
import { createLimiter } from "../src/index.js";

const RULES = { name: "api", limit: 2, window: "1h" } as const;

/** A namespace whose objects answer what `answer` says. */
function namespace(answer: (body: string, name: string) => Promise<unknown>): DurableNamespace {
  return {
    idFromName: (name) => ({ name }),
    get: (id: { name: string }) => ({
      fetch: async (_url, { body }) => ({ json: () => answer(body, id.name) }),
    }),
  } as DurableNamespace;
}

/** Storage in memory; `put` may be made to fail. */
function state(put = async () => {}): DurableState & { stored: Map<string, unknown> } {
  const stored = new Map<string, unknown>();
  let alarm: number | null = null;
  return {
    stored,
    blockConcurrencyWhile: (run) => run(),
    storage: {
      get: async <T>(name: string) => stored.get(name) as T | undefined,
      async put(name, value) {
        await put();
        stored.set(name, value);
      },
      deleteAll: async () => stored.clear(),
      getAlarm: async () => alarm,
      async setAlarm(at) {
        alarm = at;
      },
    },
  };
}

async function failing(answer: (body: string) => Promise<unknown>): Promise<string[]> {
  const codes: string[] = [];
  const limiter = createLimiter({
    ...RULES,
    redis: durable(namespace(answer)),
    onStoreError: "closed",
    storeTimeout: "50ms",
  });
  limiter.on("degraded", (error) => codes.push((error as Error & { code: string }).code));
  const decision = await limiter.check("ann");
  expect([decision.allowed, decision.source]).toEqual([false, "closed"]);
  return codes;
}

afterEach(() => {
  vi.useRealTimers();
});

it.each([undefined, null, "TOLLGATE", {}, { idFromName() {} }])("%j is no namespace", (given) => {
  expect(() => durable(given as unknown as DurableNamespace)).toThrow(
    expect.objectContaining({ code: "CONFIG_NAMESPACE", message: expect.stringContaining("namespace") }),
  );
});

it("one namespace makes one source", () => {
  const one = namespace(async () => []);
  expect(durable(one)).toBe(durable(one));
  expect(durable(one)).not.toBe(durable(namespace(async () => [])));
});

describe("an object that does not decide", () => {
  it.each([
    ["fails", "STORE_ERROR", async () => Promise.reject(new Error("overloaded"))],
    ["throws no error", "STORE_ERROR", async () => Promise.reject(undefined)],
    ["answers with too little", "STORE_ERROR", async () => [1, 0]],
    ["answers with something else", "STORE_ERROR", async () => [..."decisions!"]],
    ["answers with nothing", "STORE_ERROR", async () => null],
    ["says why", "STORE_PROTOCOL", async () => ({ code: "STORE_PROTOCOL", message: "what", hint: "do" })],
  ])("%s: %s", async (_, code, answer) => {
    expect(await failing(answer)).toEqual([code]);
  });

  it("never answers: STORE_TIMEOUT", async () => {
    vi.useFakeTimers();
    const codes = failing(() => new Promise(() => {}));
    await vi.advanceTimersByTimeAsync(50);
    expect(await codes).toEqual(["STORE_TIMEOUT"]);
  });
});

const post = (body: unknown) => new Request("https://tollgate/", { method: "POST", body: JSON.stringify(body) });
const consume = {
  protocol: 1,
  operation: "consume",
  rules: JSON.stringify([{ limit: 2, windowMicros: 3_600_000_000 }]),
  asked: [1, 0],
};

if (process.env.TOLLGATE_ENGINE === "wasm") {
  it("the object takes back what it could not store", async () => {
    let fails = true;
    const context = state(async () => {
      if (fails) throw new Error("disk full");
    });
    const object = new TollgateObject(context);
    const answer = await object.fetch(post(consume));
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ code: "STORE_ERROR", message: expect.stringContaining("disk full") });
    fails = false;
    const remaining = async () => ((await (await object.fetch(post(consume))).json()) as number[])[6];
    expect([await remaining(), await remaining(), await remaining()]).toEqual([1, 0, 0]);
  });

  it("the object does not let a clock that goes back undo what was counted", async () => {
    vi.useFakeTimers({ now: 1_800_000_000_000 });
    const context = state();
    const object = new TollgateObject(context);
    for (const allowed of [1, 1, 0])
      expect(await (await object.fetch(post(consume))).json()).toHaveProperty("0", allowed);
    vi.setSystemTime(1_700_000_000_000);
    const again = new TollgateObject(context);
    const cells = (await (await again.fetch(post(consume))).json()) as number[];
    expect([cells[0], cells[2]]).toEqual([0, 3_600_000_000]);
  });
} else {
  it("outside Cloudflare's runtime, the object says that it cannot be used there", async () => {
    const answer = await new TollgateObject(state()).fetch(post(consume));
    expect(await answer.json()).toMatchObject({ code: "ENGINE_CANNOT_SAVE" });
  });
}
