import { type EngineConfig, type EngineLimiter, engine } from "./engine.js";
import { scratch } from "./scratch.js";
import { engineErrors } from "./validate.js";

/**
 * Makes an engine's limiter with a fresh secret, so that nobody can choose keys that collide.
 *
 * Workers have no randomness while a module is loaded, which is when most limiters are made: there, the secret is
 * drawn at the first call.
 *
 * @throws TollgateError with a `CONFIG_…` code that names the option, its value and what is allowed.
 */
export function seededLimiter(config: Omit<EngineConfig, "seed">): EngineLimiter {
  const seed = drawn();
  if (seed !== undefined) return make(config, seed);
  const unseeded = make(config, [0, 0]);
  let made: EngineLimiter | undefined;
  const seeded = () => {
    made ??= make(config, drawn() ?? [0, 0]);
    return made;
  };
  return {
    names: unseeded.names,
    consume: (key) => seeded().consume(key),
    peek: (key) => seeded().peek(key),
    settle: (key) => seeded().settle(key),
    reset: (key) => seeded().reset(key),
    block: (key) => seeded().block(key),
    headers: (dialect) => unseeded.headers(dialect),
    problem: (status) => unseeded.problem(status),
    size: () => seeded().size(),
  };
}

function make(config: Omit<EngineConfig, "seed">, seed: [number, number]): EngineLimiter {
  return engineErrors(() => engine.createLimiter({ ...config, seed }, scratch));
}

/** Two random whole numbers below 2^53; undefined where there is no randomness now. */
function drawn(): [number, number] | undefined {
  try {
    const [a = 0, b = 0, c = 0, d = 0] = globalThis.crypto.getRandomValues(new Uint32Array(4));
    return [a * 0x200000 + (c >>> 11), b * 0x200000 + (d >>> 11)];
  } catch {
    return undefined;
  }
}
