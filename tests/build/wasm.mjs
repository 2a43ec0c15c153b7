// The engines for browsers and edge runtimes: compiled, given their JavaScript, and made small.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { install, root, run, target } from "./run.mjs";
import { cargoForWasm } from "./wasm-toolchain.mjs";

const OPTIMISE = ["-Oz", "--strip-debug", "--strip-producers", "--converge"];

/** What answers at once, and what is drained: who only limits, loads no more. */
const ENGINES = ["limits", "machines"];

const made = join(target, "wasm-glue");

/** The files of an engine, and what says which build they are from. */
function filesOf(engine) {
  return {
    wasm: join(root, "js", "wasm", `${engine}.wasm`),
    glue: join(root, "js", "src", "wasm", `${engine}-glue.ts`),
    inline: join(root, "js", "src", "wasm", `${engine}-inline.ts`),
    stamp: join(made, `${engine}.stamp`),
  };
}

/** What the result depends on, besides the tools that package-lock.json and Cargo.lock pin. */
function digest(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
}

function isFresh(files, wanted) {
  return Object.values(files).every((file) => existsSync(file)) && readFileSync(files.stamp, "utf8") === wanted;
}

/** The JavaScript becomes a TypeScript file without checks, so that it is compiled like every other. */
function writeGlue(engine, glue) {
  const text = readFileSync(join(made, `${engine}.js`), "utf8");
  write(glue, `// @ts-nocheck: written by wasm-bindgen; \`npm run build\` makes it.\n${text}`);
}

/** The engine as text, for a runtime that asks for permission before a file is read. */
function writeInline(engine, { wasm, inline }) {
  const text = readFileSync(wasm).toString("base64");
  const about = `/** \`${engine}.wasm\`, as base64; \`npm run build\` makes it. */`;
  write(inline, `${about}\nexport const WASM: string =\n  "${text}";\n`);
}

function write(file, text) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/** For Node.js alone: where nothing was built before, types stand in for the JavaScript of the engines. */
export function leaveOutWasm() {
  for (const engine of ENGINES) {
    const { glue, inline } = filesOf(engine);
    if (!existsSync(glue)) install(fileURLToPath(new URL(`absent/${engine}-glue.ts`, import.meta.url)), glue);
    if (!existsSync(inline)) write(inline, 'export const WASM: string = "";\n');
  }
}

export function buildWasm() {
  run("cargo", ["build", "--release", "--locked", "--quiet", "-p", "tollgate-wasm-glue"]);
  for (const engine of ENGINES) buildOne(engine);
}

function buildOne(engine) {
  const compiled = cargoForWasm(engine);
  const maker = join(target, "release", process.platform === "win32" ? "tollgate-wasm-glue.exe" : "tollgate-wasm-glue");
  const wanted = digest([compiled, maker, fileURLToPath(import.meta.url), join(root, "package-lock.json")]);
  const files = filesOf(engine);
  if (!isFresh(files, wanted)) {
    mkdirSync(made, { recursive: true });
    run(maker, [compiled, made, engine]);
    const small = join(made, `${engine}.small.wasm`);
    const optimiser = join(root, "node_modules", "binaryen", "bin", "wasm-opt");
    run(process.execPath, [optimiser, ...OPTIMISE, join(made, `${engine}_bg.wasm`), "-o", small]);
    install(small, files.wasm);
    writeGlue(engine, files.glue);
    writeInline(engine, files);
    writeFileSync(files.stamp, wanted);
  }
  install(files.wasm, join(root, "dist", "wasm", `${engine}.wasm`));
}
