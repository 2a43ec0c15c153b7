// Who is here: what the server told, and how it is listed.
import { make } from "../page.js";

/** A connection, as the server tells it. */
export interface Member {
  id: string;
  user?: string;
  data: { name: string; process: string; guest?: boolean };
}

/** What the server says of the room: everybody, or what has changed. */
export interface RosterChange {
  snapshot?: Member[];
  joined?: Member[];
  updated?: Member[];
  left?: Member[];
}

/** The members of the room. */
export class Members {
  #members = new Map<string, Member>();

  /** Takes over what the server told. */
  apply({ snapshot, joined = [], updated = [], left = [] }: RosterChange): void {
    if (snapshot !== undefined) this.#members = new Map(snapshot.map((member) => [member.id, member]));
    for (const member of [...joined, ...updated]) this.#members.set(member.id, member);
    for (const { id } of left) this.#members.delete(id);
  }

  /** Nobody is known any more. */
  clear(): void {
    this.#members.clear();
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#members.size;
  }

  /** Connections by user, in the order of their names. */
  get users(): Member[][] {
    const users = new Map<string, Member[]>();
    for (const member of this.#members.values()) {
      const user = member.user ?? member.id;
      users.set(user, [...(users.get(user) ?? []), member]);
    }
    return [...users.values()].sort(byName);
  }
}

function byName([a]: Member[], [b]: Member[]): number {
  return nameOf(a).localeCompare(nameOf(b), "en", { numeric: true });
}

function nameOf(member: Member | undefined): string {
  return member?.data.name ?? "";
}

/** A row for each user: name, and where each connection is. `ownUser` and `ownId` are this page's. */
export function memberRows(users: Member[][], ownUser: string, ownId: string): HTMLElement[] {
  return users.map((connections) => {
    const item = make("li", "member");
    const [first] = connections;
    item.dataset.user = first?.user ?? "";
    const name = make("span", "member-name", nameOf(first));
    if (first?.user === ownUser) name.append(make("span", "member-you", "you"));
    const places = make("span", "member-places");
    for (const { id, data } of connections) {
      const place = make("span", "member-place", `process ${data.process}`);
      if (id === ownId) place.append(make("span", "member-here", ", this tab"));
      places.append(place);
    }
    item.append(name, places);
    return item;
  });
}
