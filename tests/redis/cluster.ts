// A cluster of three masters with a replica each.
import { setTimeout as pause } from "node:timers/promises";
import { freePort, type Server, startServer } from "./server.js";

const SLOTS = 16_384;
const MASTERS = 3;

/** The nodes of a cluster: three masters, then their replicas in the same order. */
export interface TestCluster {
  nodes: readonly Server[];
  stop(): Promise<void>;
}

/** Starts six nodes, and waits until they agree. */
export async function startCluster(): Promise<TestCluster> {
  const started: { node: Server; busPort: number }[] = [];
  const stop = async () => {
    await Promise.all(started.map(({ node }) => node.stop()));
  };
  try {
    for (let i = 0; i < MASTERS * 2; i++) started.push(await startNode());
    const nodes = started.map(({ node }) => node);
    await shareSlots(nodes);
    for (const { node, busPort } of started.slice(1)) {
      await nodes[0]?.command("CLUSTER", "MEET", "127.0.0.1", node.port, busPort);
    }
    await eventually("all know each other", async () => (await knownTo(nodes)) === nodes.length);
    await follow(nodes);
    await eventually("the cluster is whole", () => areWhole(nodes));
    return { nodes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startNode(): Promise<{ node: Server; busPort: number }> {
  const busPort = await freePort();
  const args = ["--cluster-enabled", "yes", "--cluster-port", `${busPort}`, "--cluster-node-timeout", "1000"];
  return { node: await startServer({ args: [...args, "--repl-diskless-sync-delay", "0"] }), busPort };
}

async function shareSlots(nodes: readonly Server[]): Promise<void> {
  for (const [i, node] of nodes.slice(0, MASTERS).entries()) {
    const [from, to] = [i, i + 1].map((part) => Math.floor((SLOTS * part) / MASTERS)) as [number, number];
    await node.command("CLUSTER", "ADDSLOTSRANGE", from, to - 1);
    await node.command("CLUSTER", "SET-CONFIG-EPOCH", i + 1);
  }
}

/** How many nodes the least informed node knows. */
async function knownTo(nodes: readonly Server[]): Promise<number> {
  const texts = await Promise.all(nodes.map((node) => node.command("CLUSTER", "NODES")));
  return Math.min(...texts.map((text) => String(text).trim().split("\n").length));
}

async function follow(nodes: readonly Server[]): Promise<void> {
  for (let i = 0; i < MASTERS; i++) {
    const master = String(await nodes[i]?.command("CLUSTER", "MYID"));
    await nodes[i + MASTERS]?.command("CLUSTER", "REPLICATE", master);
  }
}

async function areWhole(nodes: readonly Server[]): Promise<boolean> {
  for (const [i, node] of nodes.entries()) {
    if (!String(await node.command("CLUSTER", "INFO")).includes("cluster_state:ok")) return false;
    const slots = (await node.command("CLUSTER", "SLOTS")) as unknown[][];
    if (slots.length !== MASTERS || slots.some((range) => range.length !== 4)) return false;
    const link = String(await node.command("INFO", "replication"));
    if (i >= MASTERS && !link.includes("master_link_status:up")) return false;
  }
  return true;
}

/** Asks every 50 ms, for 20 s at most. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (await holds()) return;
    await pause(50);
  }
  throw new Error(`not within 20 s: ${what}`);
}
