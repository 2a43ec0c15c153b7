// A redis-server of our own, on a free port of the loopback, without persistence.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function answers(client, child) {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
    try {
      if ((await client.ping()) === "PONG") return;
    } catch {
      await pause(50);
    }
  }
  throw new Error("redis-server did not answer within 5 s");
}

/** Starts a server. Says where it is, which version it has, and how to end it. */
export async function startRedis() {
  const port = await freePort();
  const options = ["--bind", "127.0.0.1", "--port", `${port}`, "--save", "", "--appendonly", "no"];
  const child = spawn("redis-server", options, { stdio: "ignore" });
  await once(child, "spawn");
  const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 50, maxRetriesPerRequest: 0 });
  client.on("error", () => {});
  try {
    await answers(client, child);
    const version = /^redis_version:(\S+)/m.exec(await client.info("server"))?.[1];
    return { port, version, stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  } finally {
    client.disconnect();
  }
}

async function stop(child) {
  if (child.exitCode !== null) return;
  child.kill();
  await once(child, "exit");
}
