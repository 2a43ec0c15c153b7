import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { EdgeRuntime } from "edge-runtime";
import { Miniflare } from "miniflare";
import { chromium } from "playwright-core";
import { build } from "vite";
import { expect, it } from "vitest";
import { bundle, modulesOf } from "../../demo/worker/bundle.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const engine = (name: string) => new WebAssembly.Module(readFileSync(`${root}/dist/wasm/${name}.wasm`));

/** What every runtime has to report; `program.mjs` does it. */
const REPORT = {
  vectors: { answers: expect.any(Number), wrong: [] },
  usual: {
    allowed: [true, true, false],
    headers: {
      "RateLimit-Policy": '"2-per-60s";q=2;w=60, "1000-per-86400s";q=1000;w=86400',
      RateLimit: expect.stringMatching(/^"2-per-60s";r=0;t=(60|59), "1000-per-86400s";r=998;t=(86400|86399)$/),
      "Retry-After": expect.stringMatching(/^(60|59)$/),
    },
    keys: 1,
  },
  sharedKeys: [],
  manyKeys: { allowed: 200_000, again: false, keys: 200_000 },
  mistake: { code: "CONFIG_WINDOW", message: expect.stringContaining("window: 1728000000000 ms is not allowed") },
  refusal: {
    first: true,
    status: 429,
    body: expect.objectContaining({ status: 429, "violated-policies": ["default"] }),
  },
  machines: { paced: [1, 2, "TIMEOUT"], members: 1, left: 0 },
};

function expectReport(found: unknown, engine: string): void {
  expect(found).toEqual({ engine, ...REPORT });
  expect((found as typeof REPORT).vectors.answers).toBeGreaterThan(2_000);
}

async function printed(command: string, args: string[], env: Record<string, string> = {}): Promise<unknown> {
  const { stdout } = await promisify(execFile)(command, args, { cwd: root, env: { ...process.env, ...env } });
  return JSON.parse(stdout);
}

const bin = (name: string) => `${root}/node_modules/.bin/${name}`;
const PRINT = "tests/runtimes/print.mjs";

it.each(["native", "wasm"])("Node.js, %s", async (engine) => {
  expectReport(await printed(process.execPath, ["--no-warnings", PRINT], { TOLLGATE_ENGINE: engine }), engine);
});

it("Deno, without any permission", async () => {
  expectReport(await printed(bin("deno"), ["run", "--no-prompt", "--no-remote", PRINT]), "wasm");
});

it("Bun", async () => {
  expectReport(await printed(bin("bun"), [PRINT]), "wasm");
});

it("Cloudflare Workers (workerd)", async () => {
  const contents = await bundle(new URL("worker.mjs", import.meta.url), "workerd", { format: "es" });
  const flare = new Miniflare({
    compatibilityDate: "2024-09-01",
    modules: modulesOf(contents),
  });
  try {
    const response = await flare.dispatchFetch("http://127.0.0.1/");
    expectReport(await response.json(), "wasm");
  } finally {
    await flare.dispose();
  }
});

it("Vercel's edge (edge-runtime)", async () => {
  const initialCode = await bundle(new URL("edge-light.mjs", import.meta.url), "edge-light", {
    format: "iife",
    globals: { "limits.wasm": "limits", "machines.wasm": "machines" },
  });
  const runtime = new EdgeRuntime({
    initialCode,
    extend: (context) => Object.assign(context, { limits: engine("limits"), machines: engine("machines") }),
  });
  const response = await runtime.dispatchFetch("http://127.0.0.1/");
  expectReport(await response.json(), "wasm");
});

/** The page as Vite builds it, by path. */
async function page(): Promise<Map<string, string | Uint8Array>> {
  const built = await build({
    configFile: false,
    root: fileURLToPath(new URL("browser", import.meta.url)),
    logLevel: "error",
    build: { write: false, target: "es2022" },
  });
  if (!("output" in built)) throw new Error("one build was expected");
  return new Map(built.output.map((file) => [`/${file.fileName}`, file.type === "chunk" ? file.code : file.source]));
}

const TYPES: Record<string, string> = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };

async function reportOfPage(files: Map<string, string | Uint8Array>, policy: string): Promise<unknown> {
  const server = createServer((request, response) => {
    const path = request.url === "/" ? "/index.html" : (request.url ?? "");
    const type = TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "text/plain";
    const headers = { "Content-Type": type, "Content-Security-Policy": policy };
    response.writeHead(files.has(path) ? 200 : 404, headers).end(files.get(path));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  });
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const shown = await tab.locator("#report", { hasText: "{" }).textContent();
    return JSON.parse(shown ?? "");
  } finally {
    await browser.close();
    server.close();
  }
}

it("a browser (Chromium), built by Vite", async () => {
  const files = await page();
  expectReport(await reportOfPage(files, "script-src 'self' 'wasm-unsafe-eval'"), "wasm");
});

it("a browser whose policy forbids WebAssembly, or that does not find the file, is told", async () => {
  const files = await page();
  expect(await reportOfPage(files, "script-src 'self'")).toEqual({
    failed: expect.stringMatching(/^ENGINE_WASM_LOAD: .*unsafe-eval/),
  });
  for (const path of files.keys()) if (path.endsWith(".wasm")) files.delete(path);
  expect(await reportOfPage(files, "script-src 'self' 'wasm-unsafe-eval'")).toEqual({
    failed: expect.stringMatching(/^ENGINE_WASM_LOAD: .*answers 404/),
  });
});
