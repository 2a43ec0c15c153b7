// The whole test run, on a machine that has Rust and Node: installs what it needs, then checks everything.
// A missing tool is a failure, never a reason to skip.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installDebianPackages, WASM_TOOLCHAIN } from "./build/debian.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => join(root, "node_modules", ".bin", name);

function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (error) throw new Error(`${command}: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}`);
}

function setUp() {
  // The C compiler makes the clock of the Redis server that `cargo test` starts.
  for (const tool of ["cargo", "npm", process.env.CC ?? "cc"]) run(tool, ["--version"]);
  installDebianPackages(["chromium", "redis-server", ...WASM_TOOLCHAIN]);
  run("npm", ["ci", "--no-audit", "--no-fund"]);
}

/** The core for a machine without an operating system: proof that it needs no `std`. */
function bareMetal() {
  const env = {
    RUSTC_BOOTSTRAP: "1",
    RUSTC: "/usr/bin/rustc",
    CARGO_TARGET_DIR: join(root, "target", "bare-metal"),
  };
  const std = ["-Zbuild-std=core,alloc", "--target", "thumbv7em-none-eabihf"];
  run("/usr/bin/cargo", ["build", "--release", ...std, "-p", "tollgate-core"], env);
}

const STEPS = {
  "rust format": () => run("cargo", ["fmt", "--all", "--check"]),
  "rust lint": () => {
    const clippy = (...what) =>
      run("cargo", ["clippy", ...what, "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"]);
    clippy("--workspace");
    clippy("-p", "tollgate", "--all-features");
  },
  "rust tests": () => {
    run("cargo", ["test", "--locked", "--quiet", "-p", "tollgate-core"]);
    run("cargo", ["test", "--locked", "--quiet", "-p", "tollgate", "--all-features"]);
  },
  // Two thousand runs in which all goes wrong at random, some of each kind of trouble, and that it would find faults.
  simulator: () => {
    run("cargo", ["test", "--locked", "--quiet", "--release", "-p", "tollgate-simulator"]);
    const seeds = ["--seeds", "30", "--mixed", "1000"];
    run("cargo", ["run", "--locked", "--quiet", "--release", "-p", "tollgate-simulator", "--", ...seeds]);
  },
  "bare metal": bareMetal,
  build: () => run(process.execPath, ["tests/build.mjs"]),
  "lint and format": () => run(bin("biome"), ["ci", "--error-on-warnings", "."]),
  types: () => {
    for (const project of ["js/test", "demo"]) run(bin("tsc"), ["--noEmit", "-p", project]);
  },
  "typescript tests": () => run(bin("vitest"), ["run"]),
  "node:test timers": () => run(process.execPath, ["--test", "js/test/node-timers.mjs"]),
  package: () => run(process.execPath, ["tests/package.mjs"]),
};

function main() {
  setUp();
  const failed = [];
  for (const [name, step] of Object.entries(STEPS)) {
    const started = Date.now();
    console.log(`\n── ${name}`);
    try {
      step();
      console.log(`── ${name}: ok, ${((Date.now() - started) / 1000).toFixed(0)} s`);
    } catch (error) {
      console.error(`── ${name}: FAILED. ${error.message}`);
      failed.push(name);
    }
  }
  const total = Object.keys(STEPS).length;
  if (failed.length > 0) console.error(`\nFailed: ${failed.join(", ")}`);
  console.log(`\n${total - failed.length} passed, ${failed.length} failed`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

main();
