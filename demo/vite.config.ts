import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const server = "http://127.0.0.1:8787";
const wasmIsBuilt = existsSync(new URL("../dist/wasm/limits.wasm", import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL("page", import.meta.url)),
  define: { WASM_IS_BUILT: JSON.stringify(wasmIsBuilt) },
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: ["chrome123", "firefox121", "safari17.5"],
    // Without its engine, the package is neither bundled nor ever imported.
    rolldownOptions: { external: wasmIsBuilt ? [] : ["tollgate"] },
  },
  server: { host: "127.0.0.1", proxy: { "/api": server, "/limited": server } },
});
