// Presence over each client that users bring, over a cluster, and with connections of ws.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { attachPresence, createPresence, type Presence } from "../../js/src/index.js";
import { CLIENTS, CLUSTER_CLIENTS, opened } from "../redis/clients.js";
import { eventually, startCluster, type TestCluster } from "../redis/cluster.js";
import { type Server, startServer } from "../redis/server.js";
import { Followed } from "./watching.js";

const SHORT = { ttl: 1_500, heartbeat: 400, storeTimeout: 5_000 };
const TCP = Object.keys(CLIENTS).filter((name) => !name.startsWith("@"));

/** Two presences in one room: joins, watches, pages, heartbeats for longer than a TTL, leaves. */
async function works(one: Presence<number>, other: Presence<number>): Promise<void> {
  const places = await Promise.all(
    Array.from({ length: 30 }, (_, i) => one.join(`r${i % 10}`, { id: `c${i}`, data: i })),
  );
  const followed = new Followed(other, "r3");
  await eventually("the snapshot is there", () => followed.ids.join() === "c13,c23,c3");
  const end = Date.now() + SHORT.ttl + 500;
  await eventually("a TTL has passed", () => Date.now() > end);
  for (let i = 0; i < 10; i++) expect(await other.count(`r${i}`)).toEqual({ members: 3, users: 0 });
  await places[3]?.update(-3);
  await places[13]?.leave();
  await eventually("it is told", () => followed.ids.join() === "c23,c3" && followed.members.get("c3")?.data === -3);
  expect((await other.members("r3")).members.map(({ id }) => id).sort()).toEqual(["c23", "c3"]);
  await followed.end();
}

describe("over one server", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  test.each(TCP)("with a client of %s", async (client) => {
    const { client: redis, close } = await opened(client, server.port);
    const options = { redis, ...SHORT, name: client.replace(" ", "-") };
    const [one, other] = [createPresence<number>(options), createPresence<number>({ ...options, redis: server.url })];
    try {
      await works(one, other);
    } finally {
      await Promise.all([one.close(), other.close()]);
      await close();
    }
  });

  test.each(["ioredis 6", "redis 6"])(
    "with two clients of %s, one for commands and one that subscribes",
    async (name) => {
      const [commands, subscriber] = [await opened(name, server.port), await opened(name, server.port)];
      const options = { ...SHORT, name: `two-${name.replace(" ", "-")}` };
      const [one, other] = [
        createPresence<number>({ ...options, redis: [commands.client, subscriber.client] }),
        createPresence<number>({ ...options, redis: server.url }),
      ];
      try {
        await works(other, one);
      } finally {
        await Promise.all([one.close(), other.close()]);
        await Promise.all([commands.close(), subscriber.close()]);
      }
    },
  );

  test("one client twice, or three, are refused", async () => {
    const { client: redis, close } = await opened("ioredis 5", server.port);
    for (const given of [[redis, redis], [redis], [redis, redis, redis]]) {
      expect(() => createPresence({ redis: given as never })).toThrow(
        expect.objectContaining({ code: "CONFIG_REDIS", hint: expect.stringContaining("[publisher, subscriber]") }),
      );
    }
    await close();
  });

  test("a client that cannot subscribe is refused by name", async () => {
    const { client: redis, close } = await opened("@upstash/redis", server.port);
    expect(() => createPresence({ redis })).toThrow(expect.objectContaining({ code: "CONFIG_REDIS" }));
    await close();
  });

  test("connections of ws are members in all processes, until they close or vanish", async () => {
    const options = { redis: server.url, ...SHORT, name: "ws" };
    const [one, other] = [createPresence<object>(options), createPresence<object>(options)];
    const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    const attached = attachPresence(sockets, one, {
      member: ({ url }) => ({ room: "lobby", user: String(url).slice(1), data: {} }),
      heartbeat: 200,
    });
    await once(sockets, "listening");
    const { port } = sockets.address() as AddressInfo;
    const left: string[] = [];
    other.on("user-leave", ({ member }) => left.push(`${member.user}`));
    await other.join("warm", {});
    const clients = ["ann", "ann", "bob"].map((user) => new WebSocket(`ws://127.0.0.1:${port}/${user}`));
    try {
      const counted = async (members: number, users: number) => {
        await eventually(`${members} are there`, async () => {
          const count = await other.count("lobby");
          return count.members === members && count.users === users;
        });
      };
      await counted(3, 2);
      clients[0]?.close();
      await counted(2, 2);
      // It answers no pings any more.
      clients[2]?.pause();
      await counted(1, 1);
      clients[1]?.terminate();
      await counted(0, 0);
      await eventually("both users have left", () => left.length === 2);
      expect(left).toEqual(["bob", "ann"]);
    } finally {
      attached.detach();
      for (const client of [...clients, ...sockets.clients]) client.terminate();
      sockets.close();
      await Promise.all([one.close(), other.close()]);
    }
  });
});

describe("over a cluster", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  test.each(Object.keys(CLUSTER_CLIENTS))("with %s", async (client) => {
    const open = CLUSTER_CLIENTS[client] as (port: number) => ReturnType<typeof opened>;
    const port = (cluster.nodes[0] as Server).port;
    const clients = await Promise.all([open(port), open(port)]);
    const options = { ...SHORT, name: client.replace(" ", "-") };
    const [one, other] = clients.map(({ client: redis }) => createPresence<number>({ redis, ...options })) as [
      Presence<number>,
      Presence<number>,
    ];
    try {
      await works(one, other);
    } finally {
      await Promise.all([one.close(), other.close()]);
      for (const { close } of clients) await close();
    }
  });
});
