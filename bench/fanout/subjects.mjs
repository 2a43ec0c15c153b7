// What carries messages from a publisher to many subscribers elsewhere: over connections of its own at either end, all
// of ioredis. Each is set up as its documentation says, and tells how to publish and how to end.
import { createAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { createBus } from "../../dist/esm/index.js";

const TOPIC = "chat:lobby";

/** A connection that is ready. */
async function connected(port) {
  const client = new Redis(port, "127.0.0.1");
  await client.ping();
  return client;
}

async function bare(port, subscribers, receive) {
  const [publisher, subscriber] = [await connected(port), await connected(port)];
  await subscriber.subscribe(TOPIC);
  subscriber.on("message", (_, text) => {
    const data = JSON.parse(text);
    for (let i = 0; i < subscribers; i++) receive(i, data);
  });
  return {
    publish: (data) => void publisher.publish(TOPIC, JSON.stringify(data)),
    end: () => [publisher, subscriber].map((client) => client.disconnect()),
  };
}

async function tollgate(port, subscribers, receive) {
  const redis = [await connected(port), await connected(port)];
  const [here, there] = redis.map((client) => createBus({ redis: client, storeTimeout: "30s" }));
  for (let i = 0; i < subscribers; i++) await there.subscribe(TOPIC, (data) => receive(i, data));
  return {
    publish: (data) => void here.publish(TOPIC, data),
    end: async () => {
      await Promise.all([here.close(), there.close()]);
      for (const client of redis) client.disconnect();
    },
  };
}

/** What the adapter uses of a namespace; a socket here is the place where its bytes would be written. */
function namespace() {
  return { name: "/", sockets: new Map(), server: { encoder: { encode: (packet) => [JSON.stringify(packet)] } } };
}

async function socketIo(port, subscribers, receive) {
  const clients = await Promise.all([1, 2, 3, 4].map(() => connected(port)));
  const [sender, receiver] = [namespace(), namespace()];
  const here = new (createAdapter(clients[0], clients[1]))(sender);
  const there = new (createAdapter(clients[2], clients[3]))(receiver);
  for (let i = 0; i < subscribers; i++) {
    receiver.sockets.set(`s${i}`, { id: `s${i}`, client: { writeToEngine: (packets) => receive(i, packets) } });
    await there.addAll(`s${i}`, new Set([TOPIC]));
  }
  // Answers only once the adapter's own subscriptions are in force.
  await Promise.all([clients[1], clients[3]].map((client) => client.psubscribe("none")));
  const toRoom = () => ({ rooms: new Set([TOPIC]), except: new Set(), flags: {} });
  return {
    publish: (data) => here.broadcast({ type: 2, data: ["message", data] }, toRoom()),
    end: () => clients.map((client) => client.disconnect()),
  };
}

/** By name: `open(port, subscribers, receive)` connects; `receive(i)` is called for each message and subscriber. */
export const SUBJECTS = {
  bare: { name: "bare ioredis publish and subscribe, one JSON.parse", open: bare },
  tollgate: { name: "tollgate, a copy for each subscriber", open: tollgate },
  socketIo: { name: "@socket.io/redis-adapter, no sockets behind it", open: socketIo },
};
