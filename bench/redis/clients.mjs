// The clients of the subjects, connected: to one server, or to a cluster whose first port is given.
import { Cluster, Redis } from "ioredis";
import { createClient, createCluster } from "redis";

const HOST = "127.0.0.1";

export const ioredis = ([port], options = {}) => new Redis(port, HOST, options);

/** Commands of one turn of the event loop travel together. */
export const pipelined = (ports) => ioredis(ports, { enableAutoPipelining: true });

export const nodeRedis = ([port]) => createClient({ socket: { port, host: HOST } }).connect();

export async function ioredisCluster([port]) {
  const client = new Cluster([{ host: HOST, port }], { lazyConnect: true });
  await client.connect();
  return client;
}

export async function nodeRedisCluster([port]) {
  const client = createCluster({ rootNodes: [{ socket: { port, host: HOST } }] });
  await client.connect();
  return client;
}

/** Ends what one of the above has opened. */
export const close = (client) => (typeof client.quit === "function" ? client.quit() : client.close());
