import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const usual = { testTimeout: 30_000, hookTimeout: 120_000 };

/** What the package does on Node.js, with one engine after the other. */
const engines = ["native", "wasm"].map((engine) => ({
  extends: true as const,
  test: { ...usual, name: engine, include: ["js/test/**/*.test.ts"], env: { TOLLGATE_ENGINE: engine } },
}));

export default defineConfig({
  resolve: {
    alias: { "#limits": file("js/src/engines/limits/node.ts"), "#machines": file("js/src/engines/machines/node.ts") },
  },
  test: {
    projects: [...engines, { extends: true, test: { ...usual, name: "whole", include: ["tests/**/*.test.ts"] } }],
  },
});
