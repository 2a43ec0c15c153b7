// The engine for Node.js, for the platform that this runs on.
import { join } from "node:path";
import { install, root, run, target } from "./run.mjs";

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

export function buildNative() {
  run("cargo", ["build", "--release", "--locked", "--quiet", "-p", "tollgate-node"]);
  const source = join(root, "js", "native");
  install(join(target, "release", libraryFile()), join(source, addonFile()));
  for (const file of [addonFile(), "load.cjs"]) install(join(source, file), join(root, "dist", "native", file));
}
