// Every client and version that is supported, opened as its users do.
import { Redis as Upstash } from "@upstash/redis";
import * as ioredis6 from "ioredis";
import ioredis4 from "ioredis-4";
import * as ioredis5 from "ioredis-5";
import * as redis6 from "redis";
import * as redis4 from "redis-4";
import * as redis5 from "redis-5";
import type { Redis } from "../../js/src/index.js";
import { startHttpProxy } from "./upstash.js";

/** A client that is connected, and how its user closes it. */
export interface Opened {
  client: Redis & object;
  close(): Promise<void> | void;
}

type Listening = { on(event: string, listener: () => void): unknown };

function quiet<T extends object>(client: T): T {
  (client as T & Listening).on("error", () => {});
  return client;
}

type IoRedis = { status: string; disconnect(): void; once(event: string, listener: () => void): unknown };

async function ioredis(client: IoRedis): Promise<Opened> {
  quiet(client);
  if (client.status !== "ready") await new Promise<void>((resolve) => client.once("ready", resolve));
  return { client: client as IoRedis & Redis & object, close: () => client.disconnect() };
}

type NodeRedis = { connect(): Promise<unknown>; disconnect(): Promise<void> };

async function nodeRedis(client: NodeRedis & object): Promise<Opened> {
  quiet(client);
  await client.connect();
  return { client: client as NodeRedis & Redis & object, close: () => client.disconnect() };
}

async function upstash(port: number): Promise<Opened> {
  const proxy = await startHttpProxy(port);
  const { url, token } = proxy;
  return { client: new Upstash({ url, token }) as unknown as Redis & object, close: () => proxy.stop() };
}

const on = (port: number) => ({ url: `redis://127.0.0.1:${port}` });

/** Clients of one server, by name. */
export const CLIENTS: Record<string, (port: number) => Promise<Opened>> = {
  "ioredis 4": (port) => ioredis(new ioredis4(port, "127.0.0.1")),
  "ioredis 5": (port) => ioredis(new ioredis5.Redis(port, "127.0.0.1")),
  "ioredis 6": (port) => ioredis(new ioredis6.Redis(port, "127.0.0.1")),
  "redis 4": (port) => nodeRedis(redis4.createClient(on(port))),
  "redis 5": (port) => nodeRedis(redis5.createClient(on(port))),
  "redis 6": (port) => nodeRedis(redis6.createClient(on(port))),
  "@upstash/redis": upstash,
};

/** Opens one of {@link CLIENTS}. */
export function opened(name: string, port: number): Promise<Opened> {
  const open = CLIENTS[name];
  if (open === undefined) throw new Error(`no client is called ${name}`);
  return open(port);
}

const nodes = (port: number) => [{ host: "127.0.0.1", port }];

/** Clients of a cluster, by name; given the port of one node. */
export const CLUSTER_CLIENTS: Record<string, (port: number) => Promise<Opened>> = {
  "ioredis 4": (port) => ioredis(new ioredis4.Cluster(nodes(port))),
  "ioredis 5": (port) => ioredis(new ioredis5.Cluster(nodes(port))),
  "ioredis 6": (port) => ioredis(new ioredis6.Cluster(nodes(port))),
  "redis 4": (port) => nodeRedis(redis4.createCluster({ rootNodes: [on(port)] }) as unknown as NodeRedis),
  "redis 5": (port) => nodeRedis(redis5.createCluster({ rootNodes: [on(port)] }) as unknown as NodeRedis),
  "redis 6": (port) => nodeRedis(redis6.createCluster({ rootNodes: [on(port)] }) as unknown as NodeRedis),
};
