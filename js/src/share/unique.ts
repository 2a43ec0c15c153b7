const HEX = 16;
const DIGITS = 14;

/** What tells a member that joins from all others. */
export function joinerId(): string {
  return `1${randomText()}`;
}

/** The same for one that comes before all who have joined, the latest first. */
export function nextInTurnId(): string {
  const falling = (Number.MAX_SAFE_INTEGER - Date.now()).toString(HEX).padStart(DIGITS, "0");
  return `0${falling}${randomText()}`;
}

function randomText(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(HEX));
  return [...bytes].map((byte) => byte.toString(HEX).padStart(2, "0")).join("");
}
