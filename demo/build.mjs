// Builds the page into demo/dist when that is missing or older than its sources. `node demo/build.mjs` does only that.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of package.json. */
export const repository = fileURLToPath(new URL("..", import.meta.url));
/** Where the built page is. */
export const pageFolder = join(repository, "demo", "dist");

const built = join(pageFolder, "index.html");
/** The package is part of the page, for the engine that decides in the browser; a build need not have that one. */
const sources = ["demo/page", "demo/vite.config.ts", "js/src", "dist/wasm"];

/** Builds the page if need be. */
export function buildPage() {
  const present = sources.map((path) => join(repository, path)).filter((path) => existsSync(path));
  if (existsSync(built) && newest(present) <= statSync(built).mtimeMs) return;
  const vite = join(repository, "node_modules", "vite", "bin", "vite.js");
  const args = [vite, "build", "--config", join("demo", "vite.config.ts"), "--logLevel", "warn"];
  execFileSync(process.execPath, args, { cwd: repository, stdio: "inherit" });
}

/** When the youngest of these files, or of those inside these folders, was changed. */
function newest(paths) {
  return Math.max(...paths.map((path) => Math.max(statSync(path).mtimeMs, inside(path))));
}

function inside(path) {
  if (!statSync(path).isDirectory()) return 0;
  return newest(readdirSync(path).map((name) => join(path, name)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildPage();
