/**
 * The clock of all limiters in this environment: microseconds that never run backwards.
 *
 * It asks `performance.now()` at each call. Fake timers replace that function (vitest, jest, sinon) or `Date`
 * alone (node:test): whichever is replaced is the clock. While the clock is exchanged, no time passes.
 */
const realPerformance = globalThis.performance;
const realNow = realPerformance.now;
/** Also where a fake `Date` is already in place: what it makes are true dates. */
const RealDate = new globalThis.Date(0).constructor;

let lastReading = 0;
let lastSource: unknown = realNow;
let offset = 0;
let faked = false;

/** The time now, in whole microseconds since an origin of its own. */
export function nowMicros(): number {
  const performance = globalThis.performance;
  if (performance === realPerformance && performance.now === realNow && globalThis.Date === RealDate && !faked) {
    const reading = Math.floor(performance.now() * 1000);
    if (reading >= lastReading) {
      lastReading = reading;
      return reading + offset;
    }
  }
  return exchangedNow();
}

/** The time when a clock is a fake one, has just become one, or is a real one again. */
function exchangedNow(): number {
  const { reading, isFake, source } = readAny();
  if (source !== lastSource || reading < lastReading) {
    offset += lastReading - reading;
  }
  faked = isFake;
  lastSource = source;
  lastReading = reading;
  return reading + offset;
}

function readAny(): { reading: number; isFake: boolean; source: unknown } {
  const performance = globalThis.performance;
  const isReal = performance === realPerformance && performance.now === realNow;
  if (isReal && globalThis.Date !== RealDate) {
    return { reading: globalThis.Date.now() * 1000, isFake: true, source: globalThis.Date };
  }
  return { reading: Math.floor(performance.now() * 1000), isFake: !isReal, source: performance.now };
}
