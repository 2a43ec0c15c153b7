// What bundlers for the edge make of a program: one file of JavaScript, and beside it the engine, compiled elsewhere.
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

/** What is left to the runtime: a compiled module under this name. */
export const WASM = "tollgate.wasm";

/** @type {import("rolldown").Plugin} */
const wasmIsExternal = {
  name: "wasm is external",
  resolveId: (id) => (/\.wasm(\?module)?$/.test(id) ? { id: WASM, external: true } : null),
};

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
