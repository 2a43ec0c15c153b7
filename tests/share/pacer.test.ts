// What a shared pacer promises within one process.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createPacer, type PacerOptions } from "../../js/src/index.js";
import { pRateLimit, RedisQuotaManager } from "../../js/src/p-ratelimit.js";
import { type Server, startServer } from "../redis/server.js";
import { until } from "./fleet.js";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const of = <N extends string>(options: PacerOptions<N>) => createPacer<N>({ redis: server.url, ...options });

test("several policies are divided alike, and none is exceeded", async () => {
  const policies = [
    { name: "requests", limit: 5, window: "1s" },
    { name: "tokens", limit: 1_000, window: "200ms" },
  ] as const;
  const pacers = [1, 2].map(() => of({ name: "policies", policies }));
  const shares = () => pacers.map((pacer) => pacer.stats().share).sort();
  await until("all have their share", () => shares().join() === "2,3");
  const startedInTwoWindows = pacers.map(async (pacer) => {
    const costs = { requests: 1, tokens: 500 };
    await Promise.all([pacer(() => {}, { cost: costs }), pacer(() => {}, { cost: { requests: 1, tokens: 100 } })]);
  });
  // 500 tokens of 400 or 600 fit one of them only.
  const done = await Promise.race([
    Promise.all(startedInTwoWindows),
    new Promise((resolve) => setTimeout(resolve, 1_500, "waits")),
  ]);
  expect(done).toBe("waits");
  await Promise.all(pacers.map((pacer) => pacer.close()));
  await Promise.allSettled(startedInTwoWindows);
});

test("a budget for each key is divided among the processes like the pacer's own", async () => {
  const pacers = [1, 2].map(() => of({ name: "keys", limit: 4, window: "2s" }));
  const events: number[] = [];
  pacers[0]?.on("peers", (peers) => events.push(peers));
  await until("both have their share", () => pacers.every((pacer) => pacer.stats().share === 2));
  const [first] = pacers as [(typeof pacers)[0]];
  for (const key of ["ann", "bob"]) {
    const own = first?.for(key);
    expect(own?.stats()).toMatchObject({ share: 2, quota: 4, peers: 2 });
    await Promise.all([own?.(() => {}), own?.(() => {})]);
    expect(own?.stats().startedInWindow).toBe(2);
  }
  expect(events).toEqual([2]);
  await Promise.all(pacers.map((pacer) => pacer.close()));
});

test("what costs more than the quota is refused at once, what costs more than the share waits for it", async () => {
  const [first, second] = [
    of({ name: "weights", limit: 10, window: "1s" }),
    of({ name: "weights", limit: 10, window: "1s" }),
  ];
  await until("both have their share", () => first.stats().share === 5 && second.stats().share === 5);
  await expect(first(() => {}, { cost: 11 })).rejects.toMatchObject({ code: "TOO_LARGE" });
  let hasStarted = false;
  const heavy = first(
    () => {
      hasStarted = true;
    },
    { cost: 8 },
  );
  await first(() => {}, { cost: 5 });
  expect(hasStarted).toBe(false);
  await second.close();
  await heavy;
  await first.close();
});

test("a fast start is bounded where Redis does not answer", async () => {
  const pacer = createPacer({
    name: "alone",
    limit: 3,
    window: "100ms",
    redis: "redis://127.0.0.1:1",
    share: { mode: "peers", fastStart: true, heartbeat: 300 },
  });
  expect(await pacer(() => "at once")).toBe("at once");
  await until("the share has ended", () => pacer.stats().share === 0);
  await expect(pacer(() => {}, { maxDelay: 200 })).rejects.toMatchObject({ code: "TIMEOUT" });
  await pacer.close();
});

test("calls that wait when the pacer closes are told, and it closes twice", async () => {
  const pacer = of({ name: "closing", limit: 1, window: "1s" });
  const waiting = pacer(() => {});
  await pacer.close();
  await expect(waiting).rejects.toMatchObject({ code: "CLOSED" });
  await pacer.close();
  expect(pacer.stats().share).toBe(0);
});

test("a RedisQuotaManager that starves says so once, and what helps", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const clients = [1, 2].map(() => new Redis(server.port, "127.0.0.1"));
  const managers = clients.map((client) => new RedisQuotaManager({ rate: 1, interval: 100 }, "starved", client, 300));
  const waiting = Promise.allSettled(managers.map((manager) => pRateLimit(manager)(async () => {})));
  await until("both are warned", () => warn.mock.calls.length === 2);
  expect(warn.mock.calls.every(([text]) => String(text).includes('split: "even"'))).toBe(true);
  await Promise.all(managers.map((manager) => manager.close()));
  expect((await waiting).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  for (const client of clients) client.disconnect();
  warn.mockRestore();
});

test("a call that waits for its share holds the process, and nothing else does", async () => {
  const program = fileURLToPath(new URL("one-call.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, server.url], { timeout: 20_000 });
  expect(stdout).toBe("it went\n");
});
