// Which cargo compiles for wasm. rustup's, where it has the target; else Debian's `cargo-web`, which has the sources
// of the standard library and builds that too.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hasDebianPackages, installDebianPackages, WASM_TOOLCHAIN } from "./debian.mjs";
import { output, run, target } from "./run.mjs";

const TRIPLE = "wasm32-unknown-unknown";
const BUILD = ["build", "--locked", "--quiet", "--profile", "wasm", "--target", TRIPLE, "-p", "tollgate-wasm"];
const ONLY = ["--no-default-features", "--features"];

/** A panic stops the engine wherever it comes from; its text would be a third of the file. */
const BUILD_STD = ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=panic_immediate_abort,optimize_for_size"];

function sysroot() {
  return join(output("rustc", ["--print", "sysroot"]), "lib", "rustlib");
}

function debian(folder, args) {
  if (!existsSync("/usr/bin/apt-get") && !hasDebianPackages(WASM_TOOLCHAIN)) {
    throw new Error(`no Rust for ${TRIPLE}: run \`rustup target add ${TRIPLE}\``);
  }
  installDebianPackages(WASM_TOOLCHAIN);
  const host = /^host: (.*)$/m.exec(output("rustc", ["-vV"]))?.[1] ?? "";
  const env = {
    RUSTC_BOOTSTRAP: "1",
    RUSTC: "/usr/bin/rustc",
    CARGO_TARGET_DIR: folder,
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: join(sysroot(), host, "bin", "rust-lld"),
  };
  run("/usr/bin/cargo", [...args, ...BUILD_STD], env);
}

/** Compiles an engine: one of the features of the crate. Says where it is, until another is compiled. */
export function cargoForWasm(engine) {
  const folder = join(target, "wasm");
  const args = [...BUILD, ...ONLY, engine];
  if (existsSync(join(sysroot(), TRIPLE))) run("cargo", args, { CARGO_TARGET_DIR: folder });
  else debian(folder, args);
  return join(folder, TRIPLE, "wasm", "tollgate_wasm.wasm");
}
