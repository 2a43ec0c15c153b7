import { TollgateError } from "../errors.js";

/**
 * Checks a Redis URL. What was given is never shown: it may hold a password.
 *
 * @throws TollgateError `CONFIG_REDIS`
 */
export function checkUrl(text: string): void {
  const url = parse(text);
  if (url === undefined) throw badUrl("a text that is no URL");
  const { protocol, hostname, pathname } = url;
  if (/^https?:$/.test(protocol)) throw badUrl(`a URL that begins with "${protocol}"`, HTTP_HINT);
  if (protocol !== "redis:" && protocol !== "rediss:") throw badUrl(`a URL that begins with "${protocol}"`);
  if (hostname === "") throw badUrl("a URL without a host");
  if (!/^(?:\/\d*)?$/.test(pathname)) throw badUrl("a URL whose path is no number of a database");
}

const HINT = 'Give a URL such as "redis://:password@127.0.0.1:6379/0"; leave redis undefined to limit in memory.';
const HTTP_HINT = "For Redis over HTTP give a client: new Redis({ url, token }) of @upstash/redis.";

function badUrl(given: string, hint = HINT): TollgateError {
  const expected = "redis://host:port or rediss://host:port, with a user, password and database as needed";
  return new TollgateError("CONFIG_REDIS", `redis: ${given} is not allowed; expected ${expected}`, hint);
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
