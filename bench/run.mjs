// npm run bench [-- rust] [node] [http] [wasm] [redis] [driver] [fanout] [presence] [pacer] [--quick]: prints the tables; with none named, all, and writes docs/performance.md.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const named = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
const quick = process.argv.includes("--quick") ? ["--quick"] : [];

const rustTables = (...options) =>
  execFileSync(
    "cargo",
    ["run", "--release", "--locked", "--quiet", "-p", "tollgate-bench", "--", ...options, ...quick],
    {
      cwd: root,
      encoding: "utf8",
    },
  )
    .trim()
    .replace(/^#/gm, "##");

const TABLES = {
  rust: async () => rustTables(),
  node: async () => (await import("./node.mjs")).nodeTables(),
  http: async () => (await import("./http.mjs")).httpTable(),
  wasm: async () => (await import("./wasm.mjs")).wasmTables(),
  redis: async () => (await import("./redis.mjs")).redisTables(),
  presence: async () => (await import("./presence.mjs")).presenceTable(),
  driver: async () => rustTables("--redis"),
  fanout: async () => (await import("./fanout.mjs")).fanoutTables(),
  pacer: async () => (await import("./pacer.mjs")).pacerTables(),
};

/** What stands above this line in docs/performance.md is written by hand, what stands below by this program. */
const MARKER = "<!-- measured -->";
const page = new URL("../docs/performance.md", import.meta.url);

const unknown = named.filter((name) => !(name in TABLES));
if (unknown.length > 0) throw new Error(`unknown table ${unknown}; there are ${Object.keys(TABLES)}`);
if (!existsSync(new URL("../dist/esm/index.js", import.meta.url))) execFileSync("npm", ["run", "build"], { cwd: root });

const parts = [];
for (const name of named.length > 0 ? named : Object.keys(TABLES)) {
  const text = await TABLES[name]();
  console.log(`${text}\n`);
  parts.push(text);
}
if (named.length === 0) {
  const [byHand] = readFileSync(page, "utf8").split(MARKER);
  writeFileSync(page, `${[byHand.trimEnd(), MARKER, ...parts].join("\n\n")}\n`);
}
