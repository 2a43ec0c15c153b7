// Cold starts away from Node.js: from nothing loaded to the first decision.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Miniflare } from "miniflare";
import { chromium } from "playwright-core";
import { build } from "vite";
import { bundle, modulesOf } from "../demo/worker/bundle.mjs";
import { least, table } from "./report.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const ROUNDS = process.argv.includes("--quick") ? 3 : 7;
const TYPES = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };

const WORKERS = {
  tollgate: `
    import { createLimiter } from "tollgate";
    export default { fetch: () => Response.json(createLimiter({ limit: 10, window: "1m" }).checkSync("ann")) };`,
  empty: "export default { fetch: () => Response.json({}) };",
};

const PAGE = `
  const before = performance.now();
  const { createLimiter } = await import("tollgate");
  createLimiter({ limit: 10, window: "1m" }).checkSync("ann");
  document.title = String(performance.now() - before);`;

/** Milliseconds from the start of workerd to the first answer. */
async function workerd(contents) {
  const modules = modulesOf(contents);
  const before = performance.now();
  const flare = new Miniflare({ compatibilityDate: "2024-09-01", modules });
  await (await flare.dispatchFetch("http://127.0.0.1/")).text();
  const elapsed = performance.now() - before;
  await flare.dispose();
  return elapsed;
}

/** What the engine adds to the start of a worker that does nothing. */
async function addedInWorkerd(folder) {
  const bundles = {};
  for (const [name, code] of Object.entries(WORKERS)) {
    const file = join(folder, `${name}.mjs`);
    writeFileSync(file, code);
    bundles[name] = await bundle(pathToFileURL(file), "workerd", { format: "es", minify: true });
  }
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) {
    rounds.push({ tollgate: await workerd(bundles.tollgate), empty: await workerd(bundles.empty) });
  }
  return least(rounds.map(({ tollgate }) => tollgate)) - least(rounds.map(({ empty }) => empty));
}

async function page(folder) {
  writeFileSync(join(folder, "index.html"), '<!doctype html><script type="module" src="./page.mjs"></script>');
  writeFileSync(join(folder, "page.mjs"), PAGE);
  const built = await build({
    configFile: false,
    root: folder,
    logLevel: "error",
    build: { write: false, target: "es2022" },
  });
  return new Map(built.output.map((file) => [`/${file.fileName}`, file.type === "chunk" ? file.code : file.source]));
}

/** Milliseconds in a fresh page, from the import to the first decision; the files come from this machine. */
async function inChromium(folder) {
  const files = await page(folder);
  const server = createServer((request, response) => {
    const path = request.url === "/" ? "/index.html" : request.url;
    const type = TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "text/plain";
    response.writeHead(files.has(path) ? 200 : 404, { "Content-Type": type }).end(files.get(path));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await once(`http://127.0.0.1:${server.address().port}/`));
  server.close();
  return least(rounds);
}

async function once(url) {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
  try {
    const tab = await browser.newPage();
    await tab.goto(url);
    await tab.waitForFunction("document.title !== ''");
    return Number(await tab.title());
  } finally {
    await browser.close();
  }
}

/** Milliseconds by runtime. */
export async function coldTable() {
  const folder = mkdtempSync(join(root, "bench", "cold-"));
  try {
    const rows = [
      ["workerd: what the engine adds to an empty Worker's start and first answer", await addedInWorkerd(folder)],
      ["Chromium: import, fetch from this machine, compile, first decision", await inChromium(folder)],
    ];
    return table(
      ["cold start", "least of the rounds"],
      rows.map(([name, ms]) => [name, `${ms.toFixed(1)} ms`]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
