// What the demo reads from the environment, and from `.env` beside package.json.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { repository } from "./build.mjs";

const DEFAULT_PORT = "8787";
const DEFAULT_RATE = "10 per 10s";
const DEFAULT_TTL = "30s";
const DEFAULT_HEARTBEAT = "10s";

/** Says what is wrong on one line, and ends the process. */
export function fail(message) {
  console.error(message);
  process.exit(1);
}

const MOST_PROCESSES = 16;

/** `port`, `rate`, `redis`, `ttl`, `heartbeat` and, from `--processes N`, `processes`. Values of the environment win over those of `.env`; an empty one is as if unset. */
export function readSettings() {
  loadEnvFile(join(repository, ".env"));
  const { PORT, RATE_LIMIT, REDIS_URL, PRESENCE_TTL, PRESENCE_HEARTBEAT } = process.env;
  return {
    port: portNumber(PORT || DEFAULT_PORT),
    rate: (RATE_LIMIT || DEFAULT_RATE).trim(),
    redis: REDIS_URL || undefined,
    ttl: duration(PRESENCE_TTL || DEFAULT_TTL),
    heartbeat: duration(PRESENCE_HEARTBEAT || DEFAULT_HEARTBEAT),
    processes: processes(process.argv.slice(2)),
  };
}

function loadEnvFile(path) {
  if (!existsSync(path)) return;
  if (process.loadEnvFile === undefined) fail("Reading .env needs Node 20.12 or newer: update Node, or remove .env.");
  process.loadEnvFile(path);
}

/** A bare number is one of milliseconds, as in every option of the package. */
function duration(text) {
  return /^\d+$/.test(text.trim()) ? Number(text) : text.trim();
}

function portNumber(text) {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  return fail(`PORT: "${text}" is not allowed; expected a whole number from 0 (any free port) to 65535.`);
}

function processes(args) {
  const { values } = parsed(args);
  const text = values.processes ?? "1";
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= MOST_PROCESSES) return count;
  return fail(`--processes: "${text}" is not allowed; expected a whole number from 1 to ${MOST_PROCESSES}.`);
}

function parsed(args) {
  try {
    return parseArgs({ args, options: { processes: { type: "string" } } });
  } catch (error) {
    return fail(`${error.message} Expected \`npm start\`, or \`npm start -- --processes 3\`.`);
  }
}
