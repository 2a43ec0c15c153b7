/** An IPv6 address: eight groups of 16 bits. */
export type Groups = readonly number[];

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const GROUP = /^[0-9a-f]{1,4}$/i;
const BRACKETED = /^\[([^\]]*)\](?::\d{1,5})?$/;
const IPV4_WITH_PORT = /^([\d.]+):\d{1,5}$/;
/** The longest address there is: six full groups and a dotted tail. Longer text is not worth a look. */
const LONGEST = 45;

/** Whether a text is an IPv4 address: four decimal numbers without leading zeros, which some read as octal. */
export function isIPv4(text: string): boolean {
  return IPV4.test(text);
}

/** An address without the port, brackets, zone and white space around it. Other text is only trimmed. */
export function bareAddress(text: string): string {
  const trimmed = text.trim();
  const bare = BRACKETED.exec(trimmed)?.[1] ?? trimmed;
  if (bare === trimmed) return IPV4_WITH_PORT.exec(bare)?.[1] ?? withoutZone(bare);
  return bare.includes(":") ? withoutZone(bare) : trimmed;
}

/** The groups of an IPv6 address, or undefined when the text is none (RFC 4291, section 2.2). */
export function parseIPv6(text: string): Groups | undefined {
  if (text.length > LONGEST) return undefined;
  const halves = withoutDottedTail(text)?.split("::");
  if (halves === undefined || halves.length > 2) return undefined;
  const head = groupsOf(halves[0] ?? "");
  const tail = groupsOf(halves[1] ?? "");
  if (head === undefined || tail === undefined) return undefined;
  const zeros = 8 - head.length - tail.length;
  if (halves.length === 1 ? zeros !== 0 : zeros < 1) return undefined;
  return [...head, ...new Array<number>(zeros).fill(0), ...tail];
}

/**
 * The IPv4 address inside an IPv6 address that only stands for one: `::ffff:0:0/96` (mapped, RFC 4291) and
 * `64:ff9b::/96` (what an IPv4 client looks like behind a translator, RFC 6052).
 */
export function embeddedIPv4(groups: Groups): string | undefined {
  const [a, b, c, d, e, f, high = 0, low = 0] = groups;
  const isMapped = a === 0 && b === 0 && f === 0xffff;
  const isTranslated = a === 0x64 && b === 0xff9b && f === 0;
  if (c !== 0 || d !== 0 || e !== 0 || !(isMapped || isTranslated)) return undefined;
  return `${high >>> 8}.${high & 255}.${low >>> 8}.${low & 255}`;
}

/** The groups with all bits after the first `prefix` cleared. */
export function networkOf(groups: Groups, prefix: number): Groups {
  return groups.map((group, i) => {
    const kept = Math.min(16, Math.max(0, prefix - 16 * i));
    return group & ((0xffff << (16 - kept)) & 0xffff);
  });
}

/** The one way to write an address (RFC 5952): lower case, the first of the longest runs of zeros shortened. */
export function formatIPv6(groups: Groups): string {
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

function withoutZone(text: string): string {
  const zone = text.indexOf("%");
  return zone !== -1 && text.includes(":") ? text.slice(0, zone) : text;
}

/** `::1.2.3.4` as `::102:304`; undefined when the tail is no IPv4 address. */
function withoutDottedTail(text: string): string | undefined {
  if (!text.includes(".")) return text;
  const at = text.lastIndexOf(":") + 1;
  const tail = text.slice(at);
  if (at === 0 || !isIPv4(tail)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = tail.split(".").map(Number);
  return `${text.slice(0, at)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function groupsOf(text: string): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  return parts.every((part) => GROUP.test(part)) ? parts.map((part) => Number.parseInt(part, 16)) : undefined;
}

function longestZeros(groups: Groups): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}
