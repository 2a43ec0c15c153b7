/** A fresh secret: two random whole numbers below 2^53; undefined where there is no randomness now. */
export function drawSeed(): [number, number] | undefined {
  try {
    const [a = 0, b = 0, c = 0, d = 0] = globalThis.crypto.getRandomValues(new Uint32Array(4));
    return [a * 0x200000 + (c >>> 11), b * 0x200000 + (d >>> 11)];
  } catch {
    return undefined;
  }
}
