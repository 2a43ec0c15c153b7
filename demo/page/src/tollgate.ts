// The package in this page, if it was built with the engine for browsers.

/** Whether the build of this page had the engine in WebAssembly; vite.config.ts looks for it. */
declare const WASM_IS_BUILT: boolean;

/** Why this page cannot run the package; undefined where it can. */
export const withoutEngine = WASM_IS_BUILT
  ? undefined
  : "this page was built without the engine in WebAssembly. Where Rust compiles for wasm32-unknown-unknown, npm run build makes it; then start again.";

/** Fetches and starts the engine, once; rejects with the TollgateError that says why it cannot. */
export function loadTollgate(): Promise<typeof import("tollgate")> {
  return import("tollgate");
}
