// Builds what the package consists of into dist/: the native engine, the one in WebAssembly, and TypeScript as ESM and
// CommonJS. What has not changed is not built again. With --native, the engine in WebAssembly is left out: it needs a
// Rust that compiles for it.
import { buildNative } from "./build/native.mjs";
import { buildTypeScript } from "./build/typescript.mjs";
import { buildWasm, leaveOutWasm } from "./build/wasm.mjs";

buildNative();
if (process.argv.includes("--native")) leaveOutWasm();
else buildWasm();
buildTypeScript();
