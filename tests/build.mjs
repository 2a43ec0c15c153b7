// Builds what the package consists of into dist/: the native engine, and TypeScript as ESM and CommonJS.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "js", "native");
const native = join(root, "dist", "native");

function run(command, ...args) {
  execFileSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
}

function libraryFile() {
  const { platform } = process;
  if (platform === "win32") return "tollgate_node.dll";
  return platform === "darwin" ? "libtollgate_node.dylib" : "libtollgate_node.so";
}

function addonFile() {
  const glibc = process.report.getReport().header.glibcVersionRuntime;
  const libc = process.platform === "linux" ? (glibc ? "-gnu" : "-musl") : "";
  return `tollgate.${process.platform}-${process.arch}${libc}.node`;
}

/** Replaces a file in one step, so that a process that has it loaded keeps the old one. */
function install(from, to) {
  copyFileSync(from, `${to}.new`);
  renameSync(`${to}.new`, to);
}

function buildEngine() {
  run("cargo", "build", "--release", "--locked", "--quiet", "-p", "tollgate-node");
  const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
  install(join(target, "release", libraryFile()), join(source, addonFile()));
  mkdirSync(native, { recursive: true });
  for (const file of [addonFile(), "load.cjs"]) install(join(source, file), join(native, file));
}

function buildTypeScript() {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(tsc)) throw new Error("node_modules is missing: run `npm ci` first");
  for (const format of ["esm", "cjs"]) rmSync(join(root, "dist", format), { recursive: true, force: true });
  run(process.execPath, tsc, "-p", "js");
  run(process.execPath, tsc, "-p", "js/tsconfig.cjs.json");
  writeFileSync(join(root, "dist", "cjs", "package.json"), '{ "type": "commonjs" }\n');
}

buildEngine();
buildTypeScript();
