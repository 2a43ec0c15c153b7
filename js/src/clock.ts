/**
 * The clock of all limiters in this environment: microseconds that never run backwards.
 *
 * It asks `performance.now()` at each call. Fake timers replace that function (vitest, jest, sinon) or `Date`
 * alone (node:test): whichever is replaced is the clock. While the clock is exchanged, no time passes.
 */
const realPerformance = globalThis.performance;
const realNow = realPerformance.now;
/** Also where a fake `Date` is already in place: what it makes are true dates. */
const RealDate = new Date(0).constructor;

/** The last reading, and what is added to readings. In an array, because a number in a variable is boxed anew at each write. */
const state = new Float64Array(2);
const LAST = 0;
const OFFSET = 1;

let lastSource: unknown = realNow;
let faked = false;

/** The time now, in whole microseconds since an origin of its own. */
export function nowMicros(): number {
  const performance = globalThis.performance;
  if (performance === realPerformance && performance.now === realNow && globalThis.Date === RealDate && !faked) {
    const reading = Math.floor(performance.now() * 1000);
    if (reading >= (state[LAST] as number)) {
      state[LAST] = reading;
      return reading + (state[OFFSET] as number);
    }
  }
  return exchangedNow();
}

/** The time when a clock is a fake one, has just become one, or is a real one again. */
function exchangedNow(): number {
  const { reading, isFake, source } = readAny();
  const last = state[LAST] as number;
  if (source !== lastSource || reading < last) state[OFFSET] = (state[OFFSET] as number) + last - reading;
  faked = isFake;
  lastSource = source;
  state[LAST] = reading;
  return reading + (state[OFFSET] as number);
}

function readAny(): { reading: number; isFake: boolean; source: unknown } {
  const isReal = performance === realPerformance && performance.now === realNow;
  if (isReal && Date !== RealDate) return { reading: Date.now() * 1000, isFake: true, source: Date };
  return { reading: Math.floor(performance.now() * 1000), isFake: !isReal, source: performance.now };
}
