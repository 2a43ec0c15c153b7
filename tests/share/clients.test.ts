// RedisQuotaManager over every client and version that is supported, and over their clusters.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pRateLimit, RedisQuotaManager } from "../../js/src/p-ratelimit.js";
import { CLIENTS, CLUSTER_CLIENTS, type Opened } from "../redis/clients.js";
import { startCluster, type TestCluster } from "../redis/cluster.js";
import { type Server, startServer } from "../redis/server.js";
import { until } from "./fleet.js";

const QUOTA = { rate: 7, interval: 200, concurrency: 4 };
const subscribing = (clients: typeof CLIENTS) => Object.entries(clients).filter(([name]) => !name.startsWith("@"));

/** Two managers share a quota; then one leaves. */
async function share(name: string, open: (port: number) => Promise<Opened>, port: number): Promise<void> {
  const opened = await Promise.all([open(port), open(port)]);
  const managers = opened.map(({ client }) => new RedisQuotaManager(QUOTA, name, client, 1_000));
  const [first, second] = managers as [RedisQuotaManager, RedisQuotaManager];
  try {
    expect(first.quota).toEqual({ rate: 0, interval: 200, concurrency: 0 });
    await until("both are ready", () => first.ready && second.ready);
    expect(managers.map(({ quota }) => quota)).toEqual(Array(2).fill({ rate: 3, interval: 200, concurrency: 2 }));
    expect(first.effectiveRate).toBe(3);
    expect(await pRateLimit(first)(async () => first.activeCount)).toBe(1);
    await second.close();
    await until("the first has it all", () => first.quota.rate === QUOTA.rate);
  } finally {
    await Promise.all(managers.map((manager) => manager.close()));
    for (const { close } of opened) await close();
  }
}

describe("a server", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  test.concurrent.each(subscribing(CLIENTS))("%s", (name, open) => share(name, open, server.port));

  test("an array of two clients", async () => {
    const [, open] = subscribing(CLIENTS)[0] as [string, (port: number) => Promise<Opened>];
    const [publisher, subscriber] = await Promise.all([open(server.port), open(server.port)]);
    const manager = new RedisQuotaManager(QUOTA, "two", [publisher.client, subscriber.client], 1_000);
    await until("it is ready", () => manager.ready);
    expect(manager.quota).toEqual(QUOTA);
    await manager.close();
    // The user's clients stay open.
    await pause(50);
    expect((publisher.client as unknown as { status: string }).status).toBe("ready");
    publisher.close();
    subscriber.close();
  });

  test("shares by a lower bound add up to the rate", async () => {
    const open = CLIENTS["ioredis 6"] as (port: number) => Promise<Opened>;
    const opened = await Promise.all([open(server.port), open(server.port)]);
    const quota = { rate: 110, interval: 200, rateLowerBound: 100 };
    const managers = opened.map(({ client }) => new RedisQuotaManager(quota, "bound", client, 1_000));
    await until("both are ready", () => managers.every(({ ready }) => ready));
    expect(managers.map(({ effectiveRate }) => effectiveRate).sort()).toEqual([10, 100]);
    await Promise.all(managers.map((manager) => manager.close()));
    for (const { close } of opened) await close();
  });
});

describe("a cluster", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  test.concurrent.each(subscribing(CLUSTER_CLIENTS))("%s", (name, open) =>
    share(name, open, cluster.nodes[0]?.port as number),
  );
});
