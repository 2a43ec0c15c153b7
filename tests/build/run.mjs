// What the steps of the build share: the root of the repository, commands, and files that are replaced in one step.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where cargo puts what it builds. */
export const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");

export function run(command, args, env = {}) {
  const stdio = ["ignore", "inherit", "inherit"];
  execFileSync(command, args, { cwd: root, stdio, env: { ...process.env, ...env } });
}

/** What a command prints. */
export function output(command, args) {
  return execFileSync(command, args, { cwd: root, encoding: "utf8" }).trim();
}

/** Replaces a file in one step, so that a process that has it loaded keeps the old one. */
export function install(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, `${to}.new`);
  renameSync(`${to}.new`, to);
}
