import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createLimiter, type Limiter } from "../../js/src/index.js";
import { CLIENTS, CLUSTER_CLIENTS, type Opened, opened } from "./clients.js";
import { startCluster, type TestCluster } from "./cluster.js";
import { type Server, startServer } from "./server.js";
import { valkeyServer } from "./valkey.js";

let server: Server;
let valkey: Server;
let cluster: TestCluster;
beforeAll(async () => {
  server = await startServer();
  valkey = await startServer({ program: valkeyServer() });
  cluster = await startCluster();
});
afterAll(async () => {
  await server?.stop();
  await valkey?.stop();
  await cluster?.stop();
});

const POLICIES = {
  "fixed window": { limit: 5, window: "1m" },
  "sliding window": { limit: 5, window: "1m", algorithm: "sliding-window" },
  "token bucket": { limit: 5, window: "1m", algorithm: "token-bucket" },
  several: {
    policies: [
      { name: "minute", limit: 5, window: "1m" },
      { name: "tokens", limit: 500, window: "1d" },
    ],
  },
} as const;

const places = [
  ...Object.entries(CLIENTS).map(([name, open]) => [name, () => open(server.port)] as const),
  ...["ioredis 6", "redis 6"].map((name) => [`${name}, Valkey`, () => opened(name, valkey.port)] as const),
  ...Object.entries(CLUSTER_CLIENTS).map(
    ([name, open]) => [`${name}, cluster`, () => open(cluster.nodes[0]?.port ?? 0)] as const,
  ),
];

let made = 0;
const failures: Error[] = [];

describe.each(places)("%s", (_, open) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened?.close());
  afterEach(() => {
    expect(failures.splice(0)).toEqual([]);
  });

  function limiter(policy: object): Limiter<string> {
    const options = { ...policy, name: `limiter ${++made}`, redis: opened.client, storeTimeout: "5s" };
    const limit = createLimiter(options as unknown as Parameters<typeof createLimiter<string>>[0]);
    limit.on("degraded", (error) => failures.push(error));
    return limit;
  }

  describe.each(Object.entries(POLICIES))("%s", (_name, policy) => {
    it("checks, peeks, refunds, resets and blocks", async () => {
      const limit = limiter(policy);
      const first = await limit.check("ann");
      expect(first).toMatchObject({ allowed: true, limit: 5, remaining: 4, source: "store" });
      expect(await limit.check("ann", { cost: 4 })).toMatchObject({ allowed: true, remaining: 0 });
      expect(await limit.peek("ann")).toMatchObject({ allowed: false, source: "store" });
      const refused = await limit.check("ann");
      expect(refused).toMatchObject({ allowed: false, source: "store" });
      expect(refused.retryAfterMs).toBeGreaterThan(0);
      await limit.refund("ann", first);
      expect(await limit.check("ann")).toMatchObject({ allowed: true, source: "store" });
      await limit.reset("ann");
      expect(await limit.peek("ann")).toMatchObject({ allowed: true, remaining: 5 });
      await limit.block("ann", "1h");
      const blocked = await limit.check("ann");
      expect(blocked).toMatchObject({ allowed: false, source: "store" });
      expect(blocked.retryAfterMs).toBeGreaterThan(3_500_000);
      expect(await limit.check("bob")).toMatchObject({ allowed: true, source: "store" });
      await limit.close();
    });

    it("admits exactly the limit to many at once, each key by itself", async () => {
      const limit = limiter(policy);
      const keys = ["ann", "a:b", "{x}%", "\ud800", "\u{1f600} é\n"];
      const asked = keys.flatMap((key) => Array.from({ length: 40 }, () => limit.check(key)));
      const decisions = await Promise.all(asked);
      expect(decisions.every(({ source }) => source === "store" || source === "cache")).toBe(true);
      for (let i = 0; i < keys.length; i++) {
        expect(decisions.slice(i * 40, i * 40 + 40).filter(({ allowed }) => allowed)).toHaveLength(5);
      }
      await limit.close();
    });

    it("keeps the state of a limit of the caller's own apart", async () => {
      const limit = limiter(policy);
      await limit.check("ann", { cost: 5 });
      expect(await limit.check("ann", { limit: 9 })).toMatchObject({ allowed: true, limit: 9, remaining: 8 });
      await limit.reset("ann");
      expect(await limit.check("ann", { limit: 9 })).toMatchObject({ remaining: 8, source: "store" });
      await limit.close();
    });
  });

  it("settles what a call really cost", async () => {
    const limit = limiter(POLICIES["token bucket"]);
    const decision = await limit.check("ann", { cost: 3 });
    await limit.settle("ann", decision, 1);
    expect((await limit.peek("ann")).remaining).toBe(4);
    await limit.close();
  });

  it("leaves the policies as they are that a settlement does not name", async () => {
    const limit = limiter({
      policies: [
        { name: "requests", limit: 5, window: "1m" },
        { name: "tokens", limit: 1_000, window: "1m" },
      ],
    });
    const decision = await limit.check("bob", { cost: { requests: 2, tokens: 600 } });
    await limit.settle("bob", decision, { tokens: 400 });
    expect((await limit.peek("bob")).policies.map(({ remaining }) => remaining)).toEqual([3, 600]);
    await limit.close();
  });
});

it("every key that was written ends by itself", async () => {
  const nodes = [server, valkey, ...cluster.nodes.slice(0, 3)];
  for (const node of nodes) {
    const keys = (await node.command("KEYS", "*")) as string[];
    for (const key of keys) expect([key, await node.command("PTTL", key)]).not.toEqual([key, -1]);
  }
});
