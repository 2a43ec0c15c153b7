// npm run bench [-- rust] [node] [http] [--quick]: prints the tables; with none named, all, and writes docs/performance.md.
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const named = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
const quick = process.argv.includes("--quick") ? ["--quick"] : [];

const TABLES = {
  rust: async () =>
    execFileSync("cargo", ["run", "--release", "--locked", "--quiet", "-p", "tollgate-bench", "--", ...quick], {
      cwd: root,
      encoding: "utf8",
    }).trim(),
  node: async () => (await import("./node.mjs")).nodeTables(),
  http: async () => (await import("./http.mjs")).httpTable(),
};

const HEAD = `# Performance

Ratios within one run, beside the libraries that people use. Absolute numbers belong to one machine; compare within a
table only. Made by \`npm run bench\`.
`;

const unknown = named.filter((name) => !(name in TABLES));
if (unknown.length > 0) throw new Error(`unknown table ${unknown}; there are ${Object.keys(TABLES)}`);
if (!existsSync(new URL("../dist/esm/index.js", import.meta.url))) execFileSync("npm", ["run", "build"], { cwd: root });

const parts = [];
for (const name of named.length > 0 ? named : Object.keys(TABLES)) {
  const text = await TABLES[name]();
  console.log(`${text}\n`);
  parts.push(text);
}
if (named.length === 0)
  writeFileSync(new URL("../docs/performance.md", import.meta.url), `${[HEAD, ...parts].join("\n")}\n`);
