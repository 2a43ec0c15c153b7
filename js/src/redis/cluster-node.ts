import type { ClientMethods } from "./clients.js";
import { CONNECT_MS } from "./connect-time.js";
import { unavailable } from "./store-errors.js";

/** The parts of users' clusters that lead to clients of single nodes. */
export interface ClusterMethods {
  /** ioredis */
  nodes?: (role: string) => ClientMethods[];
  /** node-redis */
  masters?: readonly unknown[];
  nodeClient?: (node: unknown) => ClientMethods | Promise<ClientMethods>;
}

/** The clients of a cluster's masters, those that are connected first. */
export async function masterClients(cluster: ClusterMethods): Promise<ClientMethods[]> {
  const clients = cluster.nodes?.("master") ?? (await nodeRedisClients(cluster));
  return [...clients.filter(isReady), ...clients.filter((client) => !isReady(client))];
}

/** Some connect a node when it is first asked for, and try for ever where it is dead. */
async function nodeRedisClients(cluster: ClusterMethods): Promise<ClientMethods[]> {
  const opened = (cluster.masters ?? []).map((node) => Promise.race([cluster.nodeClient?.(node), nothingInTime()]));
  const settled = await Promise.allSettled(opened);
  return settled.flatMap((result) => (result.status === "fulfilled" && result.value ? [result.value] : []));
}

function nothingInTime(): Promise<undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CONNECT_MS);
    (timer as { unref?: () => void }).unref?.();
  });
}

function isReady(client: ClientMethods): boolean {
  return client.status === "ready" || client.isReady === true;
}

/**
 * The one node of a cluster that everything is published through, for as long as it is connected.
 *
 * Any node passes messages on to all others. Clients send each by another one, which mixes up their order.
 */
export class ClusterNode {
  #cluster: ClusterMethods;
  #client: Promise<ClientMethods> | undefined;

  constructor(cluster: unknown) {
    this.#cluster = cluster as ClusterMethods;
  }

  async client(): Promise<ClientMethods> {
    this.#client ??= this.#choose();
    const chosen = this.#client;
    try {
      const client = await chosen;
      if (isReady(client)) return client;
    } catch (error) {
      if (this.#client === chosen) this.#client = undefined;
      throw error;
    }
    if (this.#client === chosen) this.#client = undefined;
    return this.client();
  }

  async #choose(): Promise<ClientMethods> {
    const clients = await masterClients(this.#cluster);
    for (const client of clients) {
      // ioredis connects a node when it is first asked.
      if (client.status === "wait") await client.connect?.().catch(() => {});
      if (isReady(client)) return client;
    }
    throw unavailable("no node of the cluster is connected");
  }
}
