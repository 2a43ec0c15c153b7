// TypeScript as ESM and CommonJS.
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./run.mjs";

/** CommonJS is for Node.js alone: its folder is a package scope of its own, with one choice of engines. */
const COMMONJS = {
  type: "commonjs",
  imports: { "#limits": "./engines/limits/node.js", "#machines": "./engines/machines/node.js" },
};

export function buildTypeScript() {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(tsc)) throw new Error("node_modules is missing: run `npm ci` first");
  for (const format of ["esm", "cjs"]) rmSync(join(root, "dist", format), { recursive: true, force: true });
  run(process.execPath, [tsc, "-p", "js"]);
  run(process.execPath, [tsc, "-p", "js/tsconfig.cjs.json"]);
  writeFileSync(join(root, "dist", "cjs", "package.json"), `${JSON.stringify(COMMONJS, null, 2)}\n`);
}
