// Presence over one Redis: what its members cost, and how soon and how fast things happen.
// node bench/presence.mjs [--quick]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { createPresence } from "../dist/esm/index.js";
import { presenceScripts } from "../dist/esm/machines.js";
import { startServer } from "./redis/servers.mjs";
import { circumstances, table } from "./report.mjs";

const QUICK = process.argv.includes("--quick");
const MEMBERS = 10_000;
const EXPIRED = 20_000;
const MILLIS = QUICK ? 500 : 3_000;
const ROUNDS = QUICK ? 4 : 8;
const CALLERS = 64;
const SEEN = QUICK ? 200 : 2_000;
const program = fileURLToPath(new URL("./presence/member-process.mjs", import.meta.url));

/** Ids, users and data as applications have them. */
function member(i) {
  const hex = (salt) => ((i + salt) * 2_654_435_761).toString(16).padStart(20, "0");
  const data = { name: `Somebody ${i}`, avatar: `https://example.com/a/${i}.png`, status: "online" };
  return { id: hex(1), user: hex(2), data };
}

const field = (info, name) => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(info)?.[1] ?? 0);
const used = async (redis) => field(await redis.info("memory"), "used_memory");
const cpu = async (redis) => {
  const info = await redis.info("cpu");
  return (field(info, "used_cpu_user") + field(info, "used_cpu_sys")) * 1e6;
};

async function logScripts(redis) {
  await redis.config("SET", "slowlog-max-len", "100000");
  await redis.config("SET", "slowlog-log-slower-than", "0");
  await redis.slowlog("RESET");
}

/** The scripts that ran, in their order: their names, how many arguments they had, and how long they took in ms. */
async function loggedScripts(redis) {
  const names = new Map(presenceScripts().map(({ sha1, name }) => [sha1, name]));
  const log = (await redis.slowlog("GET", 100_000)).toSorted(([a], [b]) => a - b);
  const ours = log.filter(([, , , [command]]) => /^evalsha$/i.test(command));
  return ours.map(([, , micros, command]) => {
    const [, sha1, keys] = command;
    const more = /^\.\.\. \((\d+) more arguments\)$/.exec(command.at(-1));
    const length = more === null ? command.length : command.length - 1 + Number(more[1]);
    return { name: names.get(sha1), args: length - 3 - Number(keys), ms: micros / 1_000 };
  });
}

const percentile = (numbers, part) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * part)];

/** Runs `measure` with a server of its own. */
async function onRedis(measure) {
  const server = await startServer();
  const redis = new Redis(server.ports[0], "127.0.0.1");
  try {
    return await measure(server, redis);
  } finally {
    redis.disconnect();
    await server.stop();
  }
}

function open({ ports: [port] }, options = {}) {
  return createPresence({ redis: `redis://127.0.0.1:${port}`, storeTimeout: "10s", ...options });
}

async function fill(presence, count) {
  for (let i = 0; i < count; i += 250) {
    const some = Array.from({ length: Math.min(250, count - i) }, (_, k) => member(i + k));
    await Promise.all(some.map((one) => presence.join("room", one)));
  }
}

const bareMemory = () =>
  onRedis(async (_, redis) => {
    const before = await used(redis);
    for (let i = 0; i < MEMBERS; i += 500) {
      const pipeline = redis.pipeline();
      for (let k = i; k < i + 500; k++) {
        const { id, user, data } = member(k);
        pipeline.zadd("z", 1_764_000_000_000, id).hset("h", id, `${user}${JSON.stringify(data)}`);
      }
      await pipeline.exec();
    }
    return ((await used(redis)) - before) / MEMBERS;
  });

const ownMemory = () =>
  onRedis(async (server, redis) => {
    const presence = open(server);
    // What scripts and connections take is there before.
    await presence.join("first", {});
    const before = await used(redis);
    await fill(presence, MEMBERS);
    const bytes = ((await used(redis)) - before) / MEMBERS;
    await presence.close();
    return bytes;
  });

const heartbeats = () =>
  onRedis(async (server, redis) => {
    const presence = open(server, { ttl: "1m", heartbeat: "1s" });
    await fill(presence, MEMBERS);
    await logScripts(redis);
    const [micros, own] = [await cpu(redis), process.cpuUsage()];
    await pause(ROUNDS * 1_000);
    const [used, { user, system }] = [(await cpu(redis)) - micros, process.cpuUsage(own)];
    const beats = (await loggedScripts(redis)).filter(({ name }) => name === "heartbeat");
    // The times, the length of the one room, and for each member its id and its session.
    const vouched = beats.reduce((sum, { args }) => sum + (args - 2) / 2, 0);
    const [commands, thousands] = [(beats.length / vouched) * MEMBERS, vouched / 1_000];
    await presence.close();
    return { commands, redis: used / thousands, client: (user + system) / thousands };
  });

const comings = () =>
  onRedis(async (server) => {
    const presence = open(server);
    let made = 0;
    const end = performance.now() + MILLIS;
    const caller = async () => {
      for (; performance.now() < end; made++) await (await presence.join("room", member(made))).leave();
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    await presence.close();
    return made / (MILLIS / 1_000);
  });

async function startMembers(port, ...args) {
  const child = spawn(process.execPath, [program, `${port}`, "default", ...args.map(String)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = [];
  const reader = createInterface({ input: child.stdout });
  await new Promise((resolve) => {
    reader.on("line", (line) => (line === "ready" ? resolve() : lines.push(Number(line))));
  });
  return { child, lines };
}

const seen = () =>
  onRedis(async (server) => {
    const { child, lines } = await startMembers(server.ports[0], 30_000, 10_000, "listen");
    const presence = open(server);
    for (let i = 0; i < SEEN; i++) {
      await presence.join("room", { id: `c${i}`, data: { at: performance.timeOrigin + performance.now() } });
      await pause(1);
    }
    await pause(200);
    child.kill("SIGKILL");
    await presence.close();
    return { heard: lines.length, p50: percentile(lines, 0.5), p99: percentile(lines, 0.99) };
  });

const snapshot = () =>
  onRedis(async (server) => {
    const presence = open(server);
    await fill(presence, MEMBERS);
    const times = [];
    for (let i = 0; i < (QUICK ? 1 : 5); i++) {
      const began = performance.now();
      const watch = presence.watch("room")[Symbol.asyncIterator]();
      const { value } = await watch.next();
      if (value.snapshot.length !== MEMBERS) throw new Error(`a snapshot of ${value.snapshot.length}`);
      times.push(performance.now() - began);
      await watch.return();
    }
    await presence.close();
    return Math.min(...times);
  });

const sweep = () =>
  onRedis(async (server, redis) => {
    const { child } = await startMembers(server.ports[0], 20_000, 6_000, EXPIRED);
    const presence = open(server, { ttl: "20s", heartbeat: "1s" });
    let left = 0;
    presence.on("leave", () => left++);
    await presence.join("listening", {});
    child.kill("SIGKILL");
    await once(child, "exit");
    await logScripts(redis);
    const began = performance.now();
    while (left < EXPIRED && performance.now() - began < 60_000) await pause(50);
    const times = (await loggedScripts(redis)).map(({ ms }) => ms);
    await presence.close();
    return { left, longest: Math.max(...times), p99: percentile(times, 0.99) };
  });

export async function presenceTable() {
  const [bare, own] = [await bareMemory(), await ownMemory()];
  const beat = await heartbeats();
  const rate = await comings();
  const delay = await seen();
  const whole = await snapshot();
  // The machine is noisy, and noise only adds.
  const sweeps = [];
  for (let i = 0; i < (QUICK ? 1 : 3); i++) sweeps.push(await sweep());
  const swept = sweeps.toSorted((a, b) => a.longest - b.longest)[0];
  const server = await onRedis(async ({ version }) => version);
  const rows = [
    [
      "Redis memory, bytes a member",
      `${own.toFixed(0)} (bare sorted set and hash ${bare.toFixed(0)}: ${(own / bare).toFixed(2)} ×)`,
    ],
    [`commands for a heartbeat of ${MEMBERS} members`, Number(beat.commands.toFixed(1))],
    ["Redis CPU, µs for 1,000 members and heartbeat", beat.redis.toFixed(0)],
    ["client CPU, µs for 1,000 members and heartbeat", beat.client.toFixed(0)],
    [`joins and leaves a second, each, ${CALLERS} at a time`, rate.toFixed(0)],
    [
      "a join is seen in another process, ms, median and 99th percentile",
      `${delay.p50.toFixed(2)}, ${delay.p99.toFixed(2)}`,
    ],
    [`a snapshot of ${MEMBERS} members, ms`, whole.toFixed(0)],
    [
      `longest script while ${swept.left} members are swept, ms (99th percentile)`,
      `${swept.longest.toFixed(2)} (${swept.p99.toFixed(2)})`,
    ],
  ];
  return [
    "## Presence over one Redis",
    "",
    "Ids and users of 20 bytes, about 80 bytes of data, every member another user, one room.",
    "",
    table(["", ""], rows),
    "",
    `${circumstances(["ioredis"])} redis-server ${server}. \`npm run bench presence\`.`,
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await presenceTable());
