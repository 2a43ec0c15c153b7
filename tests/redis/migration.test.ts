// A slot that moves to another node under load: for a while its old node answers ASK for what has moved already.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createLimiter } from "../../js/src/index.js";
import { CLUSTER_CLIENTS } from "./clients.js";
import { eventually, startCluster, type TestCluster } from "./cluster.js";
import { admitted, sources, underLoad } from "./load.js";
import type { Server } from "./server.js";

const LIMIT = 2_000;
/** Of partition 20, which is that of the key "ann". */
const SLOT = 12_540;

let cluster: TestCluster;
/** Who has the slot, and who has it next. */
let [from, to] = [undefined, undefined] as unknown as [Server, Server];
beforeAll(async () => {
  cluster = await startCluster();
  [to, , from] = cluster.nodes as unknown as [Server, Server, Server];
}, 60_000);
afterAll(() => cluster?.stop());

const idOf = async (node: Server) => String(await node.command("CLUSTER", "MYID"));

/** From here on the old node has what it has, and answers ASK for the rest. */
async function beginMove(): Promise<void> {
  await to.command("CLUSTER", "SETSLOT", SLOT, "IMPORTING", await idOf(from));
  await from.command("CLUSTER", "SETSLOT", SLOT, "MIGRATING", await idOf(to));
}

async function moveKeys(): Promise<number> {
  const keys = (await from.command("CLUSTER", "GETKEYSINSLOT", SLOT, 1_000)) as string[];
  for (const key of keys) await from.command("MIGRATE", "127.0.0.1", to.port, key, 0, 5_000);
  return keys.length;
}

async function endMove(): Promise<void> {
  const owner = await idOf(to);
  for (const node of [to, from]) await node.command("CLUSTER", "SETSLOT", SLOT, "NODE", owner);
  [from, to] = [to, from];
}

/** How often a node has sent somebody to another for a key that is there. */
async function asked(node: Server): Promise<number> {
  const stats = String(await node.command("INFO", "errorstats"));
  return Number(/errorstat_ASK:count=(\d+)/.exec(stats)?.[1] ?? 0);
}

it.each(Object.entries(CLUSTER_CLIENTS))(
  "%s: a slot moves under load, and the limit holds throughout",
  async (name, open) => {
    const { client, close } = await open(cluster.nodes[0]?.port ?? 0);
    const options = { limit: LIMIT, window: "1h", storeTimeout: "10s", denialCache: false } as const;
    const limiter = createLimiter({ ...options, name, redis: client });
    try {
      const decides = async () => (await limiter.check("ann", { cost: 0 })).source === "store";
      await eventually("the cluster decides", decides);
      const before = await asked(from);
      const old = from;
      const seen = await underLoad(limiter, "ann", async () => {
        await pause(50);
        await beginMove();
        expect(await moveKeys()).toBeGreaterThan(0);
        await eventually("clients are sent on", async () => (await asked(old)) - before > 20);
        await endMove();
        await eventually("nothing is left", async () => !(await limiter.peek("ann")).allowed);
      });
      // Version 4 waits between ASKING and the call: of two that are out, one may use what the other has asked for.
      const isExact = name !== "redis 4";
      expect(sources(seen).filter((source) => isExact || source !== "open")).toEqual(["store"]);
      if (isExact) expect(admitted(seen, "store")).toBe(LIMIT);
      else expect(admitted(seen, "store")).toBeLessThanOrEqual(LIMIT);
      expect(await limiter.check("ann")).toMatchObject({ allowed: false, source: "store" });
    } finally {
      await limiter.close();
      await close();
    }
  },
  60_000,
);

it.each(Object.entries(CLUSTER_CLIENTS))(
  "%s: several keys of a slot that moves are refused by Redis, and the call goes on without it",
  async (name, open) => {
    const { client, close } = await open(cluster.nodes[0]?.port ?? 0);
    const options = { limit: LIMIT, window: "1h", algorithm: "sliding-window", denialCache: false } as const;
    const limiter = createLimiter({ ...options, name: `${name}, several keys`, redis: client });
    const decides = async () => (await limiter.check("ann")).source === "store";
    try {
      await eventually("the cluster decides", decides);
      await beginMove();
      expect(await limiter.check("ann")).toMatchObject({ allowed: true, source: "open" });
      await moveKeys();
      await endMove();
      await eventually("the cluster decides again", decides);
      expect((await limiter.peek("ann")).remaining).toBeLessThan(LIMIT - 1);
    } finally {
      await limiter.close();
      await close();
    }
  },
  60_000,
);
