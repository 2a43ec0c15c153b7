// Debian packages that are installed when they are missing, by root or with sudo.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.mjs";

/** A file that shows that a package is there. A `*` stands for the rest of a folder's name. */
const SIGNS = {
  chromium: "/usr/bin/chromium",
  "redis-server": "/usr/bin/redis-server",
  "rustc-web": "/usr/bin/rustc",
  "cargo-web": "/usr/bin/cargo",
  "rust-web-src": "/usr/src/rustc-*/library/core/Cargo.toml",
};

/** A Rust that builds its own standard library: for wasm, and for a machine without an operating system. */
export const WASM_TOOLCHAIN = ["rustc-web", "cargo-web", "rust-web-src"];

function present(path) {
  if (!path.includes("*")) return existsSync(path);
  const [before, after] = path.split("*");
  const folder = before.slice(0, before.lastIndexOf("/"));
  const prefix = before.slice(folder.length + 1);
  const found = existsSync(folder) ? readdirSync(folder) : [];
  return found.some((name) => name.startsWith(prefix) && existsSync(join(folder, name) + after));
}

/** Whether all of these packages are there. */
export function hasDebianPackages(names) {
  return names.every((name) => present(SIGNS[name]));
}

/** Installs those of the packages that are missing. */
export function installDebianPackages(names) {
  const missing = names.filter((name) => !present(SIGNS[name]));
  if (missing.length === 0) return;
  const sudo = process.getuid?.() === 0 ? [] : ["sudo"];
  const apt = (...args) => {
    const [command, ...rest] = [...sudo, "apt-get", ...args];
    run(command, rest, { DEBIAN_FRONTEND: "noninteractive" });
  };
  apt("update", "-q");
  apt("install", "-y", "-q", "--no-install-recommends", ...missing);
}
