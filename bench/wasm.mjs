// What an edge deployment downloads and pays for Tollgate in WebAssembly: size, cold start, and time a check.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { rolldown } from "rolldown";
import { coldTable } from "./cold.mjs";
import { circumstances, least, table } from "./report.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const ROUNDS = process.argv.includes("--quick") ? 3 : 7;
const KEYS = [100, 10_000];

const brotli = (bytes) => brotliCompressSync(bytes).length;
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;

/** What a worker would upload for `code`, minified, without what a Hono application has anyway. */
async function bundled(code) {
  const build = await rolldown({
    input: "entry",
    platform: "neutral",
    resolve: { conditionNames: ["workerd", "import"], mainFields: ["module", "main"] },
    external: [/^hono(\/|$)/, /\.wasm$/],
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === "entry" ? `${root}bench/entry.mjs` : null),
        load: (id) => (id === `${root}bench/entry.mjs` ? code : null),
      },
    ],
  });
  const { output } = await build.generate({ minify: true, codeSplitting: false });
  await build.close();
  return brotli(output[0].code);
}

async function sizes() {
  const [limits, machines] = ["limits", "machines"].map((name) =>
    brotli(readFileSync(`${root}dist/wasm/${name}.wasm`)),
  );
  const line = async (name, code, more = 0) => [
    name,
    kilobytes((await bundled(code)) + more),
    more === 0 ? "" : kilobytes(more),
  ];
  return table(
    ["brotli", "in all", "of it wasm"],
    [
      await line("tollgate/hono", 'export { rateLimit } from "tollgate/hono";', limits),
      await line("tollgate", 'export { createLimiter } from "tollgate";', limits),
      await line(
        "tollgate, createPacer and createPresence",
        'export { createPacer, createPresence } from "tollgate";',
        limits + machines,
      ),
      await line("hono-rate-limiter (counts in a `Map`)", 'export { rateLimiter } from "hono-rate-limiter";'),
      await line("@upstash/ratelimit (without its client)", 'export { Ratelimit } from "@upstash/ratelimit";'),
    ],
  );
}

/** Runs a program in a fresh process; it prints a number. */
function measured(program, engine) {
  const env = { ...process.env, TOLLGATE_ENGINE: engine };
  return Number(execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: root, env }));
}

/** From the file to the first answer, without loading the JavaScript around it, which is the same for both engines. */
const COLD = `
  import { createRequire } from "node:module";
  const { limitsEngine } = await import("./dist/esm/wasm/limits-engine.js");
  const { scratch } = await import("./dist/esm/scratch.js");
  const require = createRequire(process.cwd() + "/");
  const before = performance.now();
  const { addon, wasmBytes } = require("./dist/native/load.cjs");
  const engine = addon ?? limitsEngine().start(wasmBytes("limits"));
  engine.createLimiter({ policies: [{ limit: 10, windowMicros: 1e6 }], seed: [1, 2] }, scratch).consume("ann");
  console.log(performance.now() - before);`;

const CHECKS = (keys, subject) => `
  import { createLimiter } from "tollgate";
  const subjects = {
    tollgate() {
      const limiter = createLimiter({ limit: 100, window: "1m" });
      return (key) => limiter.checkSync(key).allowed;
    },
    map() {
      const counts = new Map();
      return (key) => {
        const now = performance.now();
        const found = counts.get(key);
        if (found === undefined || found.end <= now) counts.set(key, { used: 1, end: now + 60_000 });
        else found.used++;
        return found === undefined || found.used <= 100;
      };
    },
  };
  const check = subjects.${subject}();
  // A fresh string for each call, as a request brings one.
  const run = () => { for (let i = 0; i < 1_000_000; i++) check("user:" + ((i * 7919) % ${keys})); };
  run();
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  console.log((user + system) / 1000);`;

function columns() {
  const engines = [
    ["WebAssembly", "wasm", "tollgate"],
    ["native", "native", "tollgate"],
    ["bare `Map`", "native", "map"],
  ];
  const rounds = Array.from({ length: ROUNDS }, () =>
    engines.map(([, engine, subject]) => ({
      cold: subject === "map" ? 0 : measured(COLD, engine),
      checks: KEYS.map((keys) => measured(CHECKS(keys, subject), engine)),
    })),
  );
  return engines.map(([name], i) => {
    const cold = least(rounds.map((round) => round[i].cold));
    const checks = KEYS.map((_, k) => least(rounds.map((round) => round[i].checks[k])));
    return [name, cold === 0 ? "" : `${cold.toFixed(1)} ms`, ...checks.map((ns) => ns.toFixed(0))];
  });
}

/** The section of docs/performance.md. */
export async function wasmTables() {
  const head = [
    "Node.js",
    "engine start and first check",
    ...KEYS.map((keys) => `ns a check, ${keys} keys, fresh strings (CPU)`),
  ];
  return [
    "## WebAssembly",
    circumstances(["hono-rate-limiter", "@upstash/ratelimit"]),
    await sizes(),
    table(head, columns()),
    await coldTable(),
  ].join("\n\n");
}
