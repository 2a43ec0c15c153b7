import type { CallMemory } from "./call-memory.js";
import { checkVersion, codedError, failedLoad, failedStart, notReady, refuseWithout } from "./start-errors.js";

/** An engine that has yet to be started. */
export interface Starting<E> {
  /** Its calls throw until it has been started. */
  readonly engine: E;
  /** Starts it at once, from a module or the bytes of one. */
  start(source: WebAssembly.Module | Uint8Array<ArrayBuffer>): E;
  /** Starts it with what is at `url`. */
  load(url: URL): Promise<E>;
}

/** What wasm-bindgen writes for an engine. */
export interface Glue {
  version(): string;
  initSync(given: { module: WebAssembly.Module | BufferSource }): { memory: WebAssembly.Memory };
  default(given: { module_or_path: WebAssembly.Module }): Promise<{ memory: WebAssembly.Memory }>;
}

/** The engine of a file in WebAssembly: `calls` once that has started. */
export function startingEngine<E extends object>(glue: Glue, memory: CallMemory, calls: E): Starting<E> {
  let ready = false;
  const guarded = Object.entries(calls).map(([name, call]) => [
    name,
    typeof call === "function" ? (...args: unknown[]) => (ready ? call(...args) : notReady()) : call,
  ]);
  const engine = Object.fromEntries(guarded) as E;
  const started = (exports: { memory: WebAssembly.Memory }) => {
    checkVersion(glue.version());
    memory.use(exports.memory);
    ready = true;
    return engine;
  };
  return {
    engine,
    start(source) {
      refuseWithout();
      try {
        return started(glue.initSync({ module: source }));
      } catch (error) {
        return failedStart(error);
      }
    },
    async load(url) {
      refuseWithout();
      const module = await compiled(url).catch(failedLoad);
      return glue.default({ module_or_path: module }).then(started).catch(failedStart);
    },
  };
}

async function compiled(url: URL): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return WebAssembly.compile(await response.arrayBuffer());
}

/** The engine throws a code and a message as one text. */
export function coded<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw typeof error === "string" ? codedError(error) : error;
  }
}
