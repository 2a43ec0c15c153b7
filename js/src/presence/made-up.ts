/** An id for somebody who has none: 128 random bits. */
export function madeUpId(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A session that no other process makes up: 53 random bits. */
export function madeUpSession(): number {
  const [high = 0, low = 0] = globalThis.crypto.getRandomValues(new Uint32Array(2));
  return high * 0x200000 + (low >>> 11);
}
