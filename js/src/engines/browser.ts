import { wasmEngine } from "../wasm/wasm-engine.js";

const starting = wasmEngine();

/** Browsers and bundlers: fetched from where the bundler puts it; an import of the package waits for it. */
export const engine = starting.engine;

await starting.load(new URL("../../wasm/tollgate.wasm", import.meta.url));
