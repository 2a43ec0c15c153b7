// Servers of our own, on free ports of the loopback: those of the tests, which are TypeScript.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const tests = (file) => runnerImport(fileURLToPath(new URL(`../../tests/redis/${file}`, import.meta.url)));

/** One server: the ports that are measured, and how to end it. */
export async function startServer() {
  const { module } = await tests("server.ts");
  const server = await module.startServer();
  return { ports: [server.port], version: await version(server), stop: () => server.stop() };
}

/** Three masters with a replica each; the ports are those of the masters. */
export async function startCluster() {
  const { module } = await tests("cluster.ts");
  const cluster = await module.startCluster();
  const masters = cluster.nodes.slice(0, 3);
  return { ports: masters.map(({ port }) => port), version: await version(masters[0]), stop: () => cluster.stop() };
}

async function version(server) {
  return /^redis_version:(\S+)/m.exec(await server.command("INFO", "server"))?.[1];
}
