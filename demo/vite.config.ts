import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const server = "http://127.0.0.1:8787";

export default defineConfig({
  root: fileURLToPath(new URL("page", import.meta.url)),
  build: { outDir: "../dist", emptyOutDir: true, target: ["chrome123", "firefox121", "safari17.5"] },
  server: { host: "127.0.0.1", proxy: { "/api": server, "/limited": server } },
});
