import { drawSeed } from "../seed.js";

/** What a bus sends: who sends it, its number among all that this one sends, and the message's JSON. */
export interface Envelope {
  origin: string;
  number: number;
  json: string;
}

const ORIGIN_LENGTH = 22;
const HEAD = /^([0-9a-z]{22})\.([1-9]\d{0,15})\./;

/** A name that no other bus has. */
export function drawOrigin(): string {
  const numbers = drawSeed() ?? [Math.random() * 2 ** 53, Math.random() * 2 ** 53];
  return numbers
    .map((number) =>
      Math.floor(number)
        .toString(36)
        .padStart(ORIGIN_LENGTH / 2, "0"),
    )
    .join("");
}

/** An envelope as text: the fields with a dot between them. */
export function sealed({ origin, number, json }: Envelope): string {
  return `${origin}.${number}.${json}`;
}

/** Reads an envelope; undefined where the text is none. */
export function opened(text: string): Envelope | undefined {
  const head = HEAD.exec(text);
  if (head === null) return undefined;
  const [whole, origin = "", number] = head;
  return { origin, number: Number(number), json: text.slice(whole.length) };
}
