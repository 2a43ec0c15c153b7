// What the demo reads from the environment, and from `.env` beside package.json.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./build.mjs";

const DEFAULT_PORT = "8787";
const DEFAULT_RATE = "10 per 10s";

/** Says what is wrong on one line, and ends the process. */
export function fail(message) {
  console.error(message);
  process.exit(1);
}

/** `port`, `rate` and `redis`. Values of the environment win over those of `.env`; an empty one is as if unset. */
export function readSettings() {
  loadEnvFile(join(repository, ".env"));
  const { PORT, RATE_LIMIT, REDIS_URL } = process.env;
  return {
    port: portNumber(PORT || DEFAULT_PORT),
    rate: (RATE_LIMIT || DEFAULT_RATE).trim(),
    redis: REDIS_URL || undefined,
  };
}

function loadEnvFile(path) {
  if (!existsSync(path)) return;
  if (process.loadEnvFile === undefined) fail("Reading .env needs Node 20.12 or newer: update Node, or remove .env.");
  process.loadEnvFile(path);
}

function portNumber(text) {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  return fail(`PORT: "${text}" is not allowed; expected a whole number from 0 (any free port) to 65535.`);
}
