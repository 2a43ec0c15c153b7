import { TollgateError } from "../errors.js";
import { VERSION } from "../version.js";

/** Refuses to go on in a runtime without WebAssembly. */
export function refuseWithout(): void {
  if (typeof WebAssembly === "object") return;
  throw new TollgateError(
    "ENGINE_NO_WEBASSEMBLY",
    "this runtime has no WebAssembly",
    "Limit where there is one: on your server, or at another edge.",
  );
}

/** Refuses an engine of another version. */
export function checkVersion(found: string): void {
  if (found !== VERSION)
    throw otherVersion(`an engine of tollgate is of version ${found}, its JavaScript of ${VERSION}`);
}

/** The call of an engine that has not been started. */
export function notReady(): never {
  throw new TollgateError(
    "ENGINE_NOT_READY",
    "tollgate was used before its WebAssembly was ready",
    "Use it after its import has finished: keep the top-level await of the package when bundling.",
  );
}

/** Tells why the engine could not be fetched or compiled. */
export function failedLoad(error: unknown): never {
  throw new TollgateError(
    "ENGINE_WASM_LOAD",
    `an engine of tollgate cannot be loaded: ${(error as Error).message}`,
    "Serve the file beside the bundle, and let the content security policy allow 'wasm-unsafe-eval'.",
  );
}

/** Tells why the engine could not be started. */
export function failedStart(error: unknown): never {
  if (error instanceof TollgateError) throw error;
  if (error instanceof WebAssembly.CompileError) failedLoad(error);
  // What is left: a module that wants other imports, or lacks an export that is called.
  throw otherVersion(`an engine of tollgate does not fit its JavaScript: ${(error as Error).message}`);
}

function otherVersion(message: string): TollgateError {
  return new TollgateError(
    "ENGINE_WASM_VERSION",
    message,
    "Deploy both from one version of the package, and let caches keep neither without the other.",
  );
}

/** An error of the engine: a code and a message in one text. */
export function codedError(text: string): Error {
  const end = text.indexOf("\n");
  return Object.assign(new Error(text.slice(end + 1)), { code: text.slice(0, end) });
}
