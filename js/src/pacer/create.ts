import { nowMicros } from "../clock.js";
import { optionError, TollgateError } from "../errors.js";
import { Listeners } from "../events.js";
import { shareEvents } from "../share/events.js";
import { shareSettings } from "../share/settings.js";
import { SharedQuota } from "../share/shared-quota.js";
import type { Duration } from "../types.js";
import { checkOptions, micros } from "../validate.js";
import { waitFor } from "../wait.js";
import { pacedFetch } from "./fetch.js";
import { KeyedQueues } from "./keyed.js";
import { pacedMap } from "./map.js";
import { checkFunction, checkPaceOptions, pacerSettings } from "./options.js";
import { CallQueue } from "./queue.js";
import { Refusals } from "./refusals.js";
import type { Job, PaceOptions, Pacer, PacerEvents, PacerOptions, PacerUpdate } from "./types.js";
import { changeSettings } from "./update.js";

/**
 * Makes a pacer: functions that are given to it are called as soon as limits and concurrency allow, in order. With
 * `redis`, all processes that give the same `name` share the quota.
 *
 * @throws TollgateError with a `CONFIG_…` code that names the option, its value and what is allowed.
 */
export function createPacer<const N extends string = "default">(options: PacerOptions<N>): Pacer<N> {
  const settings = pacerSettings(options);
  const group = shareSettings(options as unknown as Record<string, unknown>, settings);
  const listeners = new Listeners<PacerEvents>();
  const share = group === undefined ? undefined : new SharedQuota(group);
  const make = () => new CallQueue(settings, listeners, new Refusals(settings), share);
  const own = make();
  const keyed = new KeyedQueues(make);
  share?.start(shareEvents(listeners, () => [own, ...keyed.all()]));
  const close = async (given: { drain?: boolean | Duration } = {}) => {
    const waitMicros = drainMicros(given);
    const queues = [own, ...keyed.close()];
    await endAll(queues, waitMicros);
    await share?.close();
  };
  const update = (changes: PacerUpdate) => {
    if (group !== undefined) throw refusedUpdate();
    changeSettings(settings, changes, own.names);
    for (const queue of [own, ...keyed.all()]) queue.adoptLimits();
  };
  return pacerOver(() => own, { learn: settings.learn, listeners, keyed, update, close }) as unknown as Pacer<N>;
}

/** What the pacers of one `createPacer` share. */
interface Shared {
  learn: boolean;
  listeners: Listeners<PacerEvents>;
  keyed: KeyedQueues;
  update(changes: PacerUpdate): void;
  close(options?: { drain?: boolean | Duration }): Promise<void>;
}

function pacerOver(queue: () => CallQueue, shared: Shared): Pacer {
  const pace = <T>(fn: (job: Job) => T | PromiseLike<T>, options?: PaceOptions): Promise<T> =>
    queue().pace(fn, options);
  return Object.assign(pace, {
    wrap<A extends unknown[], R>(fn: (...args: A) => R | PromiseLike<R>, options?: PaceOptions) {
      checkFunction("fn", fn);
      if (options !== undefined) checkPaceOptions(options);
      return function (this: unknown, ...args: A): Promise<R> {
        return queue().pace<R>(() => fn.apply(this, args), options);
      };
    },
    map: <I, R>(
      items: Iterable<I> | AsyncIterable<I>,
      fn: (item: I, job: Job) => R | PromiseLike<R>,
      options?: PaceOptions,
    ) => pacedMap(queue(), items, fn, options),
    fetch: pacedFetch(queue, shared.learn),
    for(key: string) {
      if (typeof key !== "string") throw optionError("CONFIG_KEY", "key", key, "a text");
      return pacerOver(() => shared.keyed.get(key), shared);
    },
    update: shared.update,
    pause: (duration?: Duration) => queue().pause(pauseMicros(duration), "pause"),
    resume: () => queue().resume(),
    clear: (reason?: unknown) => queue().clear(reason),
    onIdle: () => queue().onIdle(),
    stats: () => queue().stats(),
    on: shared.listeners.on.bind(shared.listeners) as Pacer["on"],
    close: shared.close,
    [Symbol.asyncDispose]: () => shared.close(),
  }) as Pacer;
}

function refusedUpdate(): TollgateError {
  return new TollgateError(
    "CONFIG_SHARE",
    "update: a quota that processes share cannot be changed while they run: the others would go on with the old one",
    "Restart the processes with the new quota; until all have it, a `conflict` event names both.",
  );
}

function pauseMicros(duration: Duration | undefined): number {
  return duration === undefined ? Number.MAX_SAFE_INTEGER : micros("CONFIG_DURATION", "duration", duration);
}

/** How long `close` waits for what is on its way, in microseconds. */
function drainMicros(given: { drain?: boolean | Duration }): number {
  checkOptions("close", given, ["drain"]);
  const { drain = false } = given as { drain?: boolean | Duration };
  if (typeof drain === "boolean") return drain ? Number.POSITIVE_INFINITY : 0;
  return micros("CONFIG_DRAIN", "drain", drain);
}

async function endAll(queues: CallQueue[], waitMicros: number): Promise<void> {
  for (const queue of queues) queue.refuseFurther();
  if (waitMicros > 0) await waitUntilIdle(queues, waitMicros);
  for (const queue of queues) queue.endAll();
}

/** Waits until all have ended, or the time has passed. */
async function waitUntilIdle(queues: CallQueue[], waitMicros: number): Promise<void> {
  const idle = Promise.all(queues.map((queue) => queue.onIdle()));
  if (waitMicros === Number.POSITIVE_INFINITY) {
    await idle;
    return;
  }
  const ended = new AbortController();
  const until = nowMicros() + waitMicros;
  const late = async () => {
    for (let left = waitMicros; left > 0 && !ended.signal.aborted; left = until - nowMicros()) {
      await waitFor(left / 1000, ended.signal);
    }
  };
  await Promise.race([idle, late().catch(() => {})]);
  ended.abort();
}
