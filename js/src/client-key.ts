import { optionError } from "./errors.js";
import { bareAddress, embeddedIPv4, formatIPv6, isIPv4, networkOf, parseIPv6 } from "./http/address.js";
import { checkOptions } from "./validate.js";

/** What one household or server is given: everybody in a /56 is one client, or a client would have 2^72 keys. */
const IPV6_PREFIX = 56;
/** How sockets of Node, which serve both protocols, write an IPv4 address. */
const MAPPED = "::ffff:";
/** Stands before what is no address; no address begins with it. */
const NO_ADDRESS = "?";

/**
 * The key of a client by its address, so that nobody gets another key by writing the address in another way.
 *
 * - IPv4: the address. Also where it is embedded in IPv6 (`::ffff:1.2.3.4`, `64:ff9b::102:304`).
 * - IPv6: its network of `ipv6Prefix` bits (0 to 128, 56 when absent), as `2001:db8:0:100::/56`; with 128 the
 *   address itself.
 * - Anything else: `?` and the text, trimmed and in lower case.
 *
 * A port, brackets, white space and a zone (`%eth0`) are no part of the address.
 *
 * @throws TollgateError `CONFIG_KEY` when `ip` is not a string, `CONFIG_IPV6_PREFIX`.
 */
export function clientKey(ip: string, options?: { ipv6Prefix?: number }): string {
  const prefix = options === undefined ? IPV6_PREFIX : ipv6Prefix(options);
  if (typeof ip !== "string") throw optionError("CONFIG_KEY", "ip", ip, "an address as text");
  const plain = ip.startsWith(MAPPED) ? ip.slice(MAPPED.length) : ip;
  if (isIPv4(plain)) return plain;
  const bare = bareAddress(ip);
  if (isIPv4(bare)) return bare;
  const groups = parseIPv6(bare);
  if (groups === undefined) return `${NO_ADDRESS}${ip.trim().toLowerCase()}`;
  return embeddedIPv4(groups) ?? networkKey(networkOf(groups, prefix), prefix);
}

/** Whether {@link clientKey} takes a text for an address. */
export function isAddress(text: string): boolean {
  return !clientKey(text).startsWith(NO_ADDRESS);
}

function networkKey(network: readonly number[], prefix: number): string {
  const written = formatIPv6(network);
  return prefix === 128 ? written : `${written}/${prefix}`;
}

function ipv6Prefix(options: unknown): number {
  checkOptions("clientKey", options, ["ipv6Prefix"]);
  const { ipv6Prefix: prefix = IPV6_PREFIX } = options;
  if (Number.isInteger(prefix) && (prefix as number) >= 0 && (prefix as number) <= 128) return prefix as number;
  throw optionError("CONFIG_IPV6_PREFIX", "ipv6Prefix", prefix, "a whole number from 0 to 128");
}
