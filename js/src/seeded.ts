import { type EngineConfig, type EngineLimiter, engine } from "./engine.js";
import { scratch } from "./scratch.js";
import { drawSeed } from "./seed.js";
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
  const seed = drawSeed();
  if (seed !== undefined) return make(config, seed);
  const unseeded = make(config, [0, 0]);
  let made: EngineLimiter | undefined;
  const seeded = () => {
    made ??= make(config, drawSeed() ?? [0, 0]);
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
