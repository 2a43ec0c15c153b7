import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { createLimiter } from "../../js/src/index.js";
import { CLUSTER_CLIENTS } from "./clients.js";
import { eventually, startCluster } from "./cluster.js";
import { admitted, sources, tooLong, underLoad } from "./load.js";

const LIMIT = 100;
const TIMEOUT_MS = 250;

it.each(Object.entries(CLUSTER_CLIENTS))(
  "%s: a master dies under load, its replica takes over, and the limit holds again",
  async (_name, open) => {
    const cluster = await startCluster();
    const { client, close } = await open(cluster.nodes[0]?.port ?? 0);
    const limiter = createLimiter({ name: "load", limit: LIMIT, window: "1h", redis: client, denialCache: false });
    try {
      const decides = async (key: string) => (await limiter.check(key, { cost: 0 })).source === "store";
      await eventually("the cluster decides", () => decides("ann"));
      // Partition 20 of this key lies in slot 12540: the third master's.
      const [master, replica] = [cluster.nodes[2], cluster.nodes[5]];
      const seen = await underLoad(limiter, "ann", async () => {
        await pause(300);
        await master?.kill();
        await eventually("the replica is a master", async () =>
          String(await replica?.command("INFO", "replication")).includes("role:master"),
        );
        await eventually("the cluster decides again", () => decides("ann"));
        await pause(300);
      });
      expect(sources(seen)).toEqual(["open", "store"]);
      expect(tooLong(seen, TIMEOUT_MS)).toEqual([]);
      // What the replica had not heard yet is admitted once more, and at most the limit is.
      expect(admitted(seen, "store")).toBeLessThanOrEqual(2 * LIMIT);
      expect(await limiter.check("ann")).toMatchObject({ allowed: false, source: "store" });
    } finally {
      await limiter.close();
      await close();
      await cluster.stop();
    }
  },
  90_000,
);
