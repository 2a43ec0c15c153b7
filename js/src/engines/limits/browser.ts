import { limitsEngine } from "../../wasm/limits-engine.js";

const starting = limitsEngine();

/** Browsers and bundlers: fetched from where the bundler puts it; an import of the package waits for it. */
export const engine = starting.engine;

await starting.load(new URL("../../../wasm/limits.wasm", import.meta.url));
