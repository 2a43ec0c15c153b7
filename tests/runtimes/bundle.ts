import { fileURLToPath } from "node:url";
import { type OutputOptions, type Plugin, rolldown } from "rolldown";

/** What a bundler for the edge leaves to its runtime: a compiled module under this name. */
export const WASM = "tollgate.wasm";

const wasmIsExternal: Plugin = {
  name: "wasm is external",
  resolveId: (id) => (/\.wasm(\?module)?$/.test(id) ? { id: WASM, external: true } : null),
};

/** One file with a program and the package in it, as resolved under `condition`. */
export async function bundle(program: string, condition: string, options: OutputOptions): Promise<string> {
  const build = await rolldown({
    input: fileURLToPath(new URL(program, import.meta.url)),
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
