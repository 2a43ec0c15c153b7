// What bundlers for the edge make of a program: one file of JavaScript, and beside it the engines, compiled elsewhere.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const WASM = /([\w-]+\.wasm)(\?module)?$/;

/** @type {import("rolldown").Plugin} */
const wasmIsExternal = {
  name: "wasm is external",
  resolveId: (id) => (WASM.test(id) ? { id: basename(WASM.exec(id)[1]), external: true } : null),
};

/**
 * The modules of a Worker: its JavaScript, and each engine that it imports.
 *
 * @param {string} contents
 * @returns {{ type: "ESModule" | "CompiledWasm", path: string, contents: string | Uint8Array<ArrayBuffer> }[]}
 */
export function modulesOf(contents) {
  const engines = ["limits.wasm", "machines.wasm"].filter((name) => contents.includes(name));
  const compiled = (path) => readFileSync(new URL(`../../dist/wasm/${path}`, import.meta.url));
  return [
    { type: "ESModule", path: "worker.mjs", contents },
    ...engines.map((path) => ({ type: "CompiledWasm", path, contents: compiled(path) })),
  ];
}

/**
 * One file with a program and the package in it, as resolved under `condition`.
 *
 * @param {URL} program
 * @param {string} condition
 * @param {import("rolldown").OutputOptions} options
 * @returns {Promise<string>}
 */
export async function bundle(program, condition, options) {
  const build = await rolldown({
    input: fileURLToPath(program),
    platform: "neutral",
    resolve: { conditionNames: [condition, "import"] },
    plugins: [wasmIsExternal],
  });
  try {
    const { output } = await build.generate({ codeSplitting: false, ...options });
    return output[0].code;
  } finally {
    await build.close();
  }
}
