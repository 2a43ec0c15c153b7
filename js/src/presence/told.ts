import type { Listeners } from "../events.js";
import type { Member, PresenceEvent, PresenceEvents } from "./types.js";

/** What the engine tells. */
export interface Told<T> {
  room: string;
  kind: "join" | "update" | "leave";
  reason?: "left" | "expired";
  /** Whether the user came or went with the member. */
  user: boolean;
  member: Member<T>;
}

/** Tells listeners of it: of the member, and of its user where that came or went. */
export function emitTold<T>(listeners: Listeners<PresenceEvents<T>>, told: Told<T>): void {
  const { room, kind, reason, user, member } = told;
  const event: PresenceEvent<T> = reason === undefined ? { room, member } : { room, member, reason };
  listeners.emit(kind, event);
  if (user) listeners.emit(kind === "join" ? "user-join" : "user-leave", event);
}
