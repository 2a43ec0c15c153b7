// The connection that is opened for a URL, over every client that can be installed.
import * as ioredis6 from "ioredis";
import ioredis4 from "ioredis-4";
import * as ioredis5 from "ioredis-5";
import * as redis6 from "redis";
import * as redis4 from "redis-4";
import * as redis5 from "redis-5";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Connection } from "../../js/src/redis/connection.js";
import { type Open, openIoRedis, openNodeRedis } from "../../js/src/redis/open-client.js";
import { eventually } from "./cluster.js";
import { startNetwork } from "./network.js";
import { output } from "./processes.js";
import { freePort, type Server, startServer } from "./server.js";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

type IoRedis = Parameters<typeof openIoRedis>[0];
type NodeRedis = Parameters<typeof openNodeRedis>[0];
const ioredis =
  (module: unknown): Open =>
  (url, lost) =>
    openIoRedis(module as IoRedis, url, lost);
const nodeRedis =
  (module: unknown): Open =>
  (url, lost) =>
    openNodeRedis(module as NodeRedis, url, lost);

const OPEN: [string, Open][] = [
  ["ioredis 4", ioredis({ default: ioredis4 })],
  ["ioredis 5", ioredis(ioredis5)],
  ["ioredis 6", ioredis(ioredis6)],
  ["redis 4", nodeRedis(redis4)],
  ["redis 5", nodeRedis(redis5)],
  ["redis 6", nodeRedis(redis6)],
];

describe.each(OPEN)("%s", (_name, open) => {
  const told: Error[] = [];
  const connect = (url: string) => new Connection(url, (error) => told.push(error), Promise.resolve(open));
  const answer = (connection: Connection) => connection.eval("return ARGV[1]", ["key"], ["said"]);
  const isReady = (connection: Connection) =>
    eventually("it is connected", () => {
      return connection.state() === "ready";
    });

  it("connects, asks, and is closed", async ({ onTestFinished }) => {
    const network = await startNetwork(server.port);
    onTestFinished(() => network.stop());
    const connection = connect(network.url);
    await isReady(connection);
    expect(await answer(connection)).toBe("said");
    expect(network.connections).toBe(1);
    connection.close();
    await eventually("it is closed", () => network.connections === 0);
    expect(connection.state()).toBe("down");
    expect(told.splice(0)).toEqual([]);
  });

  it("is there again when the server is, and tells the loss once", async ({ onTestFinished }) => {
    const own = await startServer();
    onTestFinished(() => own.stop());
    const connection = connect(own.url);
    await isReady(connection);
    await own.kill();
    await eventually("the loss is seen", () => connection.state() === "down");
    await expect(answer(connection)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await own.start();
    await isReady(connection);
    expect(await answer(connection)).toBe("said");
    expect(told.splice(0)).toEqual([expect.objectContaining({ code: "STORE_ERROR" })]);
    connection.close();
  });

  it("nobody there: says why, once, and connects when somebody is", async ({ onTestFinished }) => {
    const port = await freePort();
    const connection = connect(`redis://127.0.0.1:${port}`);
    await eventually("it has tried", () => connection.state() === "down");
    const late = await startServer({ port });
    onTestFinished(() => late.stop());
    await isReady(connection);
    expect(await answer(connection)).toBe("said");
    expect(told.splice(0)).toEqual([expect.objectContaining({ message: expect.stringContaining("ECONNREFUSED") })]);
    connection.close();
  });
});

describe("a URL where not every client is installed", () => {
  const source = (absent: string) => output("without.mjs", absent, "./leave.mjs", server.url);

  it("takes node-redis where there is no ioredis", async () => {
    expect(await source("ioredis")).toBe("store");
  });

  it("takes ioredis where there is no node-redis", async () => {
    expect(await source("redis")).toBe("store");
  });

  it("lets calls go where there is neither", async () => {
    expect(await source("ioredis,redis")).toBe("open");
  });
});
