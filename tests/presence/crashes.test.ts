// Processes that die, and clocks that are wrong.
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../redis/cluster.js";
import { type Server, startServer } from "../redis/server.js";
import { type Peer, startPeer } from "./processes.js";

const SHORT = { ttl: 1_500, heartbeat: 400, storeTimeout: 5_000 };
const MEMBERS = 1_000;
let server: Server;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

/** Kills what it started, whatever happens. */
async function withPeers(shifts: readonly number[], name: string, run: (...peers: Peer[]) => Promise<void>) {
  const peers = await Promise.all(shifts.map((shift) => startPeer(server.url, { ...SHORT, name }, shift)));
  try {
    await run(...peers);
  } finally {
    await Promise.all(peers.map((peer) => peer.kill()));
  }
}

test("W10: one of three processes is killed: each of its 1,000 members leaves once, expired, for both others", async () => {
  await withPeers([0, 0, 0], "killed", async (dying, ...others) => {
    await Promise.all(others.map((peer) => peer.do("listen")));
    await (dying as Peer).do("joinMany", { room: "shared", prefix: "c", count: MEMBERS });
    for (const [i, peer] of others.entries())
      await peer.do("joinMany", { room: "shared", prefix: `o${i}-`, count: 10 });
    await eventually("all have heard all joins", () =>
      others.every((peer) => peer.counts("join", "shared").size === MEMBERS + 20),
    );
    await (dying as Peer).kill();
    const killedAt = Date.now();
    await eventually("all have heard all leaves", () =>
      others.every((peer) => peer.counts("leave", "shared").size === MEMBERS),
    );
    for (const peer of others) {
      const leaves = peer.heard.filter(({ event, room }) => event === "leave" && room === "shared");
      expect(leaves.length).toBe(MEMBERS);
      expect(leaves.every(({ id, reason }) => id.startsWith("c") && reason === "expired")).toBe(true);
      // Not before a TTL has passed since the last heartbeat, which was at most a heartbeat before the end; the rest is slack.
      expect(Math.min(...leaves.map(({ at }) => at))).toBeGreaterThan(killedAt + SHORT.ttl - SHORT.heartbeat - 600);
      expect(Math.max(...leaves.map(({ at }) => at))).toBeLessThan(killedAt + SHORT.ttl + SHORT.heartbeat + 5_000);
      expect(await peer.do("count", { room: "shared" })).toEqual({ members: 20, users: 0 });
    }
  });
});

test("a room that only the dead process had is swept by those that never heard of it", async () => {
  await withPeers([0, 0], "orphaned", async (dying, other) => {
    await (other as Peer).do("listen");
    for (let i = 0; i < 40; i++) await (dying as Peer).do("join", { room: `private ${i}`, id: "c", user: "u" });
    await (dying as Peer).kill();
    const left = () =>
      (other as Peer).heard.filter(({ event, reason }) => event === "user-leave" && reason === "expired");
    await eventually("all rooms are swept", () => left().length >= 40);
    expect(new Set(left().map(({ room }) => room)).size).toBe(40);
    expect(left().length).toBe(40);
  });
});

test("a process whose clock is an hour off neither loses its members nor those of others", async () => {
  await withPeers([3_600_000, 0, -3_600_000], "clocks", async (...peers) => {
    await Promise.all(peers.map((peer) => peer.do("listen")));
    for (const [i, peer] of peers.entries()) await peer.do("join", { room: "r", id: `c${i}` });
    const end = Date.now() + 3 * SHORT.ttl;
    await eventually("three TTLs have passed", () => Date.now() > end);
    for (const peer of peers) {
      expect(await peer.do("count", { room: "r" })).toEqual({ members: 3, users: 0 });
      expect(peer.counts("leave", "r").size).toBe(0);
    }
    await (peers[0] as Peer).kill();
    await eventually("its member is gone", () =>
      peers.slice(1).every((peer) => peer.counts("leave", "r").get("c0") === 1),
    );
  });
});
