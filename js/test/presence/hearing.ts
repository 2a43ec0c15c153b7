import type { Presence, PresenceEvent } from "../../src/index.js";

type Heard = [string, PresenceEvent<unknown>];

/** A list that fills with what presence tells. */
export function heard<T>(presence: Presence<T>): Heard[] {
  const events: Heard[] = [];
  for (const name of ["join", "update", "leave", "user-join", "user-leave"] as const) {
    presence.on(name, (event) => events.push([name, event]));
  }
  return events;
}

export const names = (events: Heard[]) => events.map(([name, { member }]) => `${name} ${member.id}`);
