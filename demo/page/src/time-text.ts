// Time, as people read it.

/** A time left: `6.3 s`, `4 min 12 s`, `3 h 5 min`, `12 d 3 h`. Rounded up, so that it never promises too much. */
export function timeLeft(ms: number): string {
  if (ms < 60_000) return `${(Math.ceil(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 3600) return inTwo(seconds, 60, "min", "s");
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 1440) return inTwo(minutes, 60, "h", "min");
  return inTwo(Math.ceil(minutes / 60), 24, "d", "h");
}

/** `count` small units in large ones and the rest, which is left out when there is none. */
function inTwo(count: number, inLarge: number, large: string, small: string): string {
  const whole = `${Math.floor(count / inLarge)} ${large}`;
  const rest = count % inLarge;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}

/** A window as it was written: a number is milliseconds. */
export function windowText(window: string | number): string {
  return typeof window === "number" ? `${window} ms` : window;
}

/** A clock time with tenths. */
export function clockTime(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const tenths = Math.floor(date.getMilliseconds() / 100);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${tenths}`;
}
