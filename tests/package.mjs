// Packs the package, installs it in an empty project, and uses it from there by `import`, `require` and types.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "tollgate-package-"));
const project = join(work, "project");

function run(cwd, command, ...args) {
  return runWith({}, cwd, command, ...args);
}

function runWith(env, cwd, command, ...args) {
  const stdio = ["ignore", "pipe", "inherit"];
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio, env: { ...process.env, ...env } });
}

const BODY = `
const limiter = createLimiter({ limit: 2, window: "1m" });
const answers = [1, 2, 3].map(() => limiter.checkSync("ann").allowed).join();
if (answers !== "true,true,false") throw new Error("answers: " + answers);
if (!toHeaders(limiter.peekSync("ann")).RateLimit) throw new Error("no headers");
for (const made of [express, hono, fetching]) if (typeof made.rateLimit !== "function") throw new Error("no rateLimit");
if (typeof cloudflare.TollgateObject !== "function") throw new Error("no TollgateObject");
if (typeof fastify.registerRateLimit !== "function") throw new Error("no registerRateLimit");
const guard = fetching.rateLimit({ limit: 1, window: "1m", key: () => "ann" });
Promise.all([guard(new Request("http://a/")), guard(new Request("http://a/"))]).then(([first, second]) => {
  if (first !== undefined || second?.status !== 429) throw new Error("fetch: " + second?.status);
  return paced();
}).then(() => console.log("ok"));

/** Calls that go out, in our vocabulary and in that of p-ratelimit. */
async function paced() {
  const pace = createPacer({ limit: 2, window: "1h", maxDelay: 0 });
  const limit = drop.pRateLimit(new drop.QuotaManager({ interval: 3_600_000, rate: 2, concurrency: 2, maxDelay: 1 }));
  for (const call of [pace, limit]) {
    const told = await Promise.all([1, 2, 3].map((n) => call(() => n).catch((error) => error)));
    const late = told.pop();
    if (told.join() !== "1,2") throw new Error("paced: " + told);
    if (!(late instanceof drop.RateLimitTimeoutError && late.code === "TIMEOUT")) throw new Error("late: " + late);
  }
}
`;

const IMPORT = `
import { createLimiter, createPacer, toHeaders } from "tollgate";
import * as express from "tollgate/express";
import * as fastify from "tollgate/fastify";
import * as hono from "tollgate/hono";
import * as fetching from "tollgate/fetch";
import * as cloudflare from "tollgate/cloudflare";
import * as drop from "tollgate/p-ratelimit";
`;

const REQUIRE = `
const { createLimiter, createPacer, toHeaders } = require("tollgate");
const names = ["express", "fastify", "hono", "fetch", "cloudflare", "p-ratelimit"];
const [express, fastify, hono, fetching, cloudflare, drop] = names.map((name) => require("tollgate/" + name));
`;

const TYPES = `
import { createLimiter, createPacer, type Decision } from "tollgate";
import { type DurableNamespace, durable, TollgateObject } from "tollgate/cloudflare";
import { rateLimit } from "tollgate/fetch";
import { pRateLimit, type Quota, QuotaManager, RateLimitTimeoutError } from "tollgate/p-ratelimit";
const limiter = createLimiter({ policies: [{ name: "requests", limit: 5, window: "1m" }] });
const decision: Decision<"requests"> = limiter.checkSync("ann", { cost: { requests: 1 } });
export const guard: (request: Request) => Promise<Response | undefined> = rateLimit({ limiter });
// @ts-expect-error: a policy that does not exist
limiter.checkSync("ann", { cost: { tokens: 1 } });
export const name: "requests" = decision.policy;
export const world = (namespace: DurableNamespace) =>
  rateLimit({ limit: 5, window: "1m", redis: () => durable(namespace) });
export class Own extends TollgateObject {}
// @ts-expect-error: no namespace
durable("TOLLGATE");
const quota: Quota = { interval: 1000, rate: 30, concurrency: 10, maxDelay: 2000 };
const manager: QuotaManager = new QuotaManager(quota);
export const seven: Promise<number> = pRateLimit(manager)(async () => 7, 2);
export const isLate = (error: unknown): boolean => error instanceof RateLimitTimeoutError;
// @ts-expect-error: not a function
pRateLimit(quota)(7);
const pacer = createPacer({ policies: [{ name: "tokens", limit: 5, window: "1m" }] });
pacer.update({ limit: { tokens: 9 }, concurrency: 2 });
// @ts-expect-error: a policy that does not exist
pacer.update({ limit: { requests: 9 } });
`;

function expectOk(what, output) {
  if (output.trim() !== "ok") throw new Error(`${what}: ${output}`);
  console.log(`${what}: ok`);
}

/** Compiles the types as a consumer does, in both module systems. */
function checkTypes() {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2023,dom,esnext"];
  for (const file of ["types.mts", "types.cts"]) {
    writeFileSync(join(project, file), TYPES);
    run(project, process.execPath, tsc, ...options, "--types", "", file);
    console.log(`${file}: ok`);
  }
}

/** Where no native engine fits, the other one is taken, unless the native one was asked for. */
function checkFallback() {
  const native = join(project, "node_modules", "tollgate", "dist", "native");
  for (const file of readdirSync(native).filter((name) => name.endsWith(".node"))) {
    writeFileSync(join(native, file), "made for another machine");
    expectOk("an engine that does not load", run(project, process.execPath, "use.mjs"));
    rmSync(join(native, file));
  }
  expectOk("no native engine, import", run(project, process.execPath, "use.mjs"));
  expectOk("no native engine, require", run(project, process.execPath, "use.cjs"));
  const env = { ...process.env, TOLLGATE_ENGINE: "native" };
  const { status, stderr } = spawnSync(process.execPath, ["use.mjs"], { cwd: project, env, encoding: "utf8" });
  if (status === 0 || !stderr.includes("no native engine")) throw new Error(`native was asked for: ${stderr}`);
}

try {
  const [{ filename, files }] = JSON.parse(run(root, "npm", "pack", "--json", "--pack-destination", work));
  const stray = files.filter(
    ({ path }) => !/^(dist\/(cjs|esm|native|wasm)|docs)\/|^[A-Z-]+(\.md)?$|^package\.json$/.test(path),
  );
  if (stray.length > 0) throw new Error(`the package has stray files: ${stray.map(({ path }) => path)}`);
  execFileSync("mkdir", ["-p", project]);
  writeFileSync(join(project, "package.json"), '{ "name": "consumer", "private": true }\n');
  run(project, "npm", "install", "--no-audit", "--no-fund", "--offline", join(work, filename));
  writeFileSync(join(project, "use.mjs"), IMPORT + BODY);
  writeFileSync(join(project, "use.cjs"), REQUIRE + BODY);
  for (const [form, file] of [
    ["import", "use.mjs"],
    ["require", "use.cjs"],
  ]) {
    for (const engine of ["native", "wasm"]) {
      expectOk(`${form}, ${engine}`, runWith({ TOLLGATE_ENGINE: engine }, project, process.execPath, file));
    }
  }
  checkFallback();
  checkTypes();
} finally {
  rmSync(work, { recursive: true, force: true });
}
