import { optionError } from "../errors.js";
import type { Duration } from "../types.js";
import { checkOptions, millis } from "../validate.js";
import { attachSocket, type PresentSocket } from "./present-socket.js";
import type { Membership, NewMember, Presence } from "./types.js";

/** A `WebSocketServer` of `ws`, by its methods. */
export interface SocketServer<S extends PresentSocket, R> {
  on(event: "connection", listener: (socket: S, request: R) => void): unknown;
  off(event: "connection", listener: (socket: S, request: R) => void): unknown;
}

/** Whom a connection stands for; undefined for nobody. */
export type MemberOf<T, S, R> = (
  request: R,
  socket: S,
) => (NewMember<T> & { room: string }) | undefined | Promise<(NewMember<T> & { room: string }) | undefined>;

/** How connections become members. */
export interface AttachOptions<T, S, R> {
  /** Whom a connection stands for, and in which room. */
  member: MemberOf<T, S, R>;
  /** How often a connection is pinged; one that has not answered the last ping is ended. 10 s when absent. */
  heartbeat?: Duration;
  /** Told of connections that could not join; they stay open. */
  onError?: (error: unknown, socket: S) => void;
}

/** Connections that are members. */
export interface Attached<T, S> {
  /** The place of a connection; undefined while it has none. */
  membership(socket: S): Membership<T> | undefined;
  /** Pings no more, and takes no new connections; those that are there still leave when they close. */
  detach(): void;
}

const LONGEST_HEARTBEAT_MS = 86_400_000;

/**
 * Makes the connections of a `ws` server members: they join when they open and leave when they close, which a
 * connection does that no longer answers pings.
 *
 * @throws TollgateError with a `CONFIG_…` code that names the option, its value and what is allowed.
 */
export function attachPresence<T, S extends PresentSocket, R>(
  server: SocketServer<S, R>,
  presence: Presence<T>,
  options: AttachOptions<T, S, R>,
): Attached<T, S> {
  checkOptions("attachPresence", options as unknown, ["member", "heartbeat", "onError"]);
  const { member, onError } = options;
  for (const [name, given] of Object.entries({ member, onError })) {
    if (typeof given === "function" || (name === "onError" && given === undefined)) continue;
    throw optionError("CONFIG_FUNCTION", name, given, "a function");
  }
  const places = new WeakMap<S, Membership<T>>();
  const checks = new Set<() => void>();
  const onConnection = (socket: S, request: R) => {
    const check = attachSocket(socket, {
      join: async () => {
        const given = await member(request, socket);
        if (given === undefined) return undefined;
        const { room, ...rest } = given;
        const place = await presence.join(room, rest as NewMember<T>);
        places.set(socket, place);
        return place;
      },
      closed: () => {
        checks.delete(check);
        places.delete(socket);
      },
      failed: (error) => onError?.(error, socket),
    });
    checks.add(check);
  };
  const timer = setInterval(() => {
    for (const check of checks) check();
  }, heartbeatMs(options.heartbeat));
  (timer as { unref?: () => void }).unref?.();
  server.on("connection", onConnection);
  return {
    membership: (socket) => places.get(socket),
    detach() {
      clearInterval(timer);
      server.off("connection", onConnection);
    },
  };
}

function heartbeatMs(given: Duration = 10_000): number {
  const ms = millis("CONFIG_HEARTBEAT", "heartbeat", given);
  if (ms >= 10 && ms <= LONGEST_HEARTBEAT_MS) return ms;
  throw optionError("CONFIG_HEARTBEAT", "heartbeat", given, "a duration from 10 ms to 1 day");
}
