// The engine for browsers and edge runtimes: compiled, given its JavaScript, and made small.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { install, root, run, target } from "./run.mjs";
import { cargoForWasm } from "./wasm-toolchain.mjs";

const OPTIMISE = ["-Oz", "--strip-debug", "--strip-producers", "--converge"];

const made = join(target, "wasm-glue");
const wasm = join(root, "js", "wasm", "tollgate.wasm");
const glue = join(root, "js", "src", "wasm", "glue.ts");
const inline = join(root, "js", "src", "wasm", "inline.ts");
const stamp = join(made, "stamp");

/** What the result depends on, besides the tools that package-lock.json and Cargo.lock pin. */
function digest(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
}

function isFresh(wanted) {
  return [wasm, glue, inline, stamp].every((file) => existsSync(file)) && readFileSync(stamp, "utf8") === wanted;
}

/** The JavaScript becomes a TypeScript file without checks, so that it is compiled like every other. */
function writeGlue() {
  const text = readFileSync(join(made, "tollgate.js"), "utf8");
  write(glue, `// @ts-nocheck: written by wasm-bindgen; \`npm run build\` makes it.\n${text}`);
}

/** The engine as text, for a runtime that asks for permission before a file is read. */
function writeInline() {
  const text = readFileSync(wasm).toString("base64");
  write(
    inline,
    `/** \`tollgate.wasm\`, as base64; \`npm run build\` makes it. */\nexport const WASM: string =\n  "${text}";\n`,
  );
}

function write(file, text) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/** For Node.js alone: where nothing was built before, types stand in for the JavaScript of the engine. */
export function leaveOutWasm() {
  if (!existsSync(glue)) install(fileURLToPath(new URL("absent-glue.ts", import.meta.url)), glue);
  if (!existsSync(inline)) write(inline, 'export const WASM: string = "";\n');
}

export function buildWasm() {
  const compiled = cargoForWasm();
  run("cargo", ["build", "--release", "--locked", "--quiet", "-p", "tollgate-wasm-glue"]);
  const maker = join(target, "release", process.platform === "win32" ? "tollgate-wasm-glue.exe" : "tollgate-wasm-glue");
  const wanted = digest([compiled, maker, fileURLToPath(import.meta.url), join(root, "package-lock.json")]);
  if (!isFresh(wanted)) {
    mkdirSync(made, { recursive: true });
    run(maker, [compiled, made]);
    const small = join(made, "small.wasm");
    const optimiser = join(root, "node_modules", "binaryen", "bin", "wasm-opt");
    run(process.execPath, [optimiser, ...OPTIMISE, join(made, "tollgate_bg.wasm"), "-o", small]);
    install(small, wasm);
    writeGlue();
    writeInline();
    writeFileSync(stamp, wanted);
  }
  install(wasm, join(root, "dist", "wasm", "tollgate.wasm"));
}
