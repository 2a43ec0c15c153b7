import { readFileSync } from "node:fs";
import { afterEach, expect, it, vi } from "vitest";
import { VERSION } from "../src/version.js";
import { limitsEngine } from "../src/wasm/limits-engine.js";
import { checkVersion } from "../src/wasm/start-errors.js";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));

/** The smallest module that there is. */
const EMPTY = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
/** One that imports what our JavaScript does not have. */
const STRANGER = new Uint8Array([...EMPTY, 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 0x61, 1, 0x62, 0, 0]);

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

it("the version in JavaScript is that of the package, and of the crates", () => {
  expect(VERSION).toBe(JSON.parse(read("package.json").toString()).version);
  expect(read("Cargo.toml").toString()).toContain(`[workspace.package]\nversion = "${VERSION}"\n`);
});

it("an engine that has not been started says so, and works once it has", () => {
  const { engine, start } = limitsEngine();
  const ask = () => engine.parseDuration("2s");
  expect(ask).toThrow(expect.objectContaining({ code: "ENGINE_NOT_READY" }));
  start(read("js/wasm/limits.wasm"));
  expect(ask()).toBe(2_000_000);
});

it("a runtime without WebAssembly is told", () => {
  vi.stubGlobal("WebAssembly", undefined);
  expect(() => limitsEngine().start(EMPTY)).toThrow(expect.objectContaining({ code: "ENGINE_NO_WEBASSEMBLY" }));
});

it("an engine of another version is told", () => {
  checkVersion(VERSION);
  expect(() => checkVersion("0.0.9")).toThrow(expect.objectContaining({ code: "ENGINE_WASM_VERSION" }));
});

it.each([
  ["a module that wants other imports", STRANGER, "ENGINE_WASM_VERSION"],
  ["a module without our exports", EMPTY, "ENGINE_WASM_VERSION"],
  ["bytes that are no module", new Uint8Array([1, 2, 3]), "ENGINE_WASM_LOAD"],
])("%s is told", async (_, bytes, code) => {
  vi.resetModules();
  const fresh = await import("../src/wasm/limits-engine.js");
  expect(() => fresh.limitsEngine().start(bytes)).toThrow(expect.objectContaining({ code }));
});

it("a file that is not there is told", async () => {
  vi.resetModules();
  const fresh = await import("../src/wasm/limits-engine.js");
  vi.stubGlobal("fetch", async () => new Response("no", { status: 404 }));
  const loading = fresh.limitsEngine().load(new URL("http://127.0.0.1/limits.wasm"));
  await expect(loading).rejects.toMatchObject({ code: "ENGINE_WASM_LOAD" });
});
