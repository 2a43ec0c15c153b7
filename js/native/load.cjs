"use strict";
// The native engine for this platform, if there is one that fits. Loaded by both module systems, so that a process
// has it once.
//
// TOLLGATE_ENGINE chooses: "native" (an error where none fits), "wasm", or nothing for whichever fits.

const { existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

/** The platform, as native engines are named by it. Asked only when one is wanted: the report takes milliseconds. */
function platform() {
  const { platform, arch, report } = process;
  if (platform !== "linux") return `${platform}-${arch}`;
  return `${platform}-${arch}-${report.getReport().header.glibcVersionRuntime ? "gnu" : "musl"}`;
}

function native() {
  const name = `tollgate.${platform()}.node`;
  const path = join(__dirname, name);
  if (existsSync(path)) return require(path);
  throw new Error(`tollgate has no native engine for this platform: ${name} is missing`);
}

/** One that is there may not fit either: it may want a newer libc. */
function nativeIfItFits() {
  try {
    return native();
  } catch {
    return undefined;
  }
}

function addon() {
  const wanted = process.env.TOLLGATE_ENGINE;
  if (wanted === "wasm") return undefined;
  return wanted === "native" ? native() : nativeIfItFits();
}

module.exports = {
  addon: addon(),
  wasmBytes: (name) => readFileSync(join(__dirname, "..", "wasm", `${name}.wasm`)),
};
