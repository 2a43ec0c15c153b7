// The demo page as it is built on a machine whose Rust does not compile for WebAssembly.
import { join } from "node:path";
import type { Page } from "playwright-core";
import { build } from "vite";
import { repository } from "./demo-process.js";

/** Lets a tab get that page from the demo server, from its next load on. */
export async function servePageWithoutWasm(tab: Page): Promise<void> {
  const files = await builtFiles();
  await tab.route("**/*", (route) => {
    const { pathname } = new URL(route.request().url());
    const body = files.get(pathname === "/" ? "/index.html" : pathname);
    return body === undefined ? route.continue() : route.fulfill({ body, contentType: contentType(pathname) });
  });
}

async function builtFiles(): Promise<Map<string, string | Buffer>> {
  const built = await build({
    configFile: join(repository, "demo", "vite.config.ts"),
    logLevel: "error",
    define: { WASM_IS_BUILT: "false" },
    build: { write: false },
  });
  if (!("output" in built)) throw new Error("one build was expected");
  return new Map(
    built.output.map((file) => [`/${file.fileName}`, file.type === "chunk" ? file.code : bytes(file.source)]),
  );
}

function bytes(source: string | Uint8Array): string | Buffer {
  return typeof source === "string" ? source : Buffer.from(source);
}

function contentType(path: string): string {
  if (path === "/") return "text/html";
  return path.endsWith(".css") ? "text/css" : "text/javascript";
}
