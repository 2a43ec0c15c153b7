// Builds what the package consists of into dist/: the native engine, the one in WebAssembly, and TypeScript as ESM and
// CommonJS. What has not changed is not built again.
import { buildNative } from "./build/native.mjs";
import { buildTypeScript } from "./build/typescript.mjs";
import { buildWasm } from "./build/wasm.mjs";

buildNative();
buildWasm();
buildTypeScript();
