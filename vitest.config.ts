import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const usual = { testTimeout: 30_000, hookTimeout: 120_000 };

/** What the package does on Node.js, with one engine after the other. */
const engines = ["native", "wasm"].map((engine) => ({
  extends: true as const,
  test: { ...usual, name: engine, include: ["js/test/**/*.test.ts"], env: { TOLLGATE_ENGINE: engine } },
}));

export default defineConfig({
  resolve: { alias: { "#engine": fileURLToPath(new URL("js/src/engines/node.ts", import.meta.url)) } },
  test: {
    projects: [...engines, { extends: true, test: { ...usual, name: "whole", include: ["tests/**/*.test.ts"] } }],
  },
});
