// `npm start`: makes a fresh clone runnable, then serves the demo. Node's own modules only, since nothing may be
// installed yet.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildPage, repository } from "./build.mjs";
import { readSettings } from "./settings.mjs";

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

function installPackages() {
  // npm writes this file last, so an interrupted installation is repeated.
  if (existsSync(join(repository, "node_modules", ".package-lock.json"))) return;
  console.log("Installing packages ...");
  const advice = "npm says why above.";
  step("npm ci", advice, "npm", ["ci", "--include=dev", "--no-audit", "--no-fund"], forNpm);
}

function buildPackage() {
  const advice = "The native engine is built with cargo: where that is missing, install Rust from https://rustup.rs.";
  step("The build", advice, process.execPath, [join("tests", "build.mjs"), "--native"]);
}

// First of all: a setting that is wrong is told before minutes of building.
readSettings();
installPackages();
console.log("Building (the first time takes some minutes) ...");
buildPackage();
buildPage();
await import("./server.mjs");
