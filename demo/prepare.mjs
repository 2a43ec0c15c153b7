// Makes a fresh clone runnable. Node's own modules only, since nothing may be installed yet.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./build.mjs";

const forNpm = process.platform === "win32" ? { shell: true } : {};

/** Runs a program in the repository, or ends this one with what to do about the failure. */
function step(what, advice, program, args, options = {}) {
  try {
    execFileSync(program, args, { cwd: repository, stdio: "inherit", ...options });
  } catch (error) {
    const why = error.code === "ENOENT" ? `${program} was not found` : `it ended with ${error.signal ?? error.status}`;
    console.error(`${what} failed: ${why}. ${advice}`);
    process.exit(1);
  }
}

/** Installs what package-lock.json names, unless that was done before. */
export function installPackages() {
  // npm writes this file last, so an interrupted installation is repeated.
  if (existsSync(join(repository, "node_modules", ".package-lock.json"))) return;
  console.log("Installing packages ...");
  const advice = "npm says why above.";
  step("npm ci", advice, "npm", ["ci", "--include=dev", "--no-audit", "--no-fund"], forNpm);
}

/** Builds the package: both engines, or with `--native` the one for Node.js, and the other only where that can be. */
export function buildPackage(...options) {
  console.log("Building (the first time takes some minutes) ...");
  const advice = "The engines are built with cargo: where that is missing, install Rust from https://rustup.rs.";
  step("The build", advice, process.execPath, [join("tests", "build.mjs"), ...options]);
}
