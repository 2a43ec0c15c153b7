import { nowMicros } from "../clock.js";
import { closedError } from "../errors.js";
import type { EnginePresence } from "../machines.js";
import { engineErrors } from "../validate.js";
import { foreignReply, inLanes, number, type Scripts } from "./scripts.js";

/** A member that the store has forgotten. */
export interface Forgotten {
  room: string;
  id: string;
  session: number;
}

/** What the store has not heard: it is said again with each round of heartbeats. */
interface Unsent {
  place: Forgotten;
  call: string;
  /** When nobody needs to hear it any more. */
  until: number;
}

/** Calls about members that are out at a time. */
const LANES = 64;

/**
 * The members of this process. Calls about one id run one after the other: a late one cannot undo the next. What fails
 * rejects nobody: a member that could not be registered joins with a later heartbeat, and changes are sent again.
 */
export class OwnMembers {
  #engine: EnginePresence;
  #scripts: Scripts;
  #failed: (error: unknown) => void;
  #ttlMicros: number;
  #turns = new Map<string, Promise<void>>();
  #unsent = new Map<string, Unsent>();

  /** `failed` is told of every call that had no answer. */
  constructor(engine: EnginePresence, scripts: Scripts, ttlMicros: number, failed: (error: unknown) => void) {
    this.#engine = engine;
    this.#scripts = scripts;
    this.#ttlMicros = ttlMicros;
    this.#failed = failed;
  }

  /** Resolves when the member is registered, or could not be. */
  join(place: Forgotten, user: string | undefined, data: string): Promise<void> {
    const { room, id, session } = place;
    const call = engineErrors(() => this.#engine.join(room, id, session, user, data, nowMicros()));
    this.#unsent.delete(keyOf(place));
    return this.#inTurn(place, async () => {
      const reply = await this.#heard(call);
      if (reply !== undefined) await this.#settle(place, reply);
    });
  }

  /** Rejects with `CLOSED` where another connection has the place. */
  update(place: Forgotten, user: string | undefined, data: string): Promise<void> {
    const { room, id, session } = place;
    const call = engineErrors(() => this.#engine.update(room, id, session, user, data));
    if (call === "") throw closedError("membership");
    return this.#inTurn(place, () => this.#send(place, call, Number.POSITIVE_INFINITY));
  }

  async leave(place: Forgotten): Promise<void> {
    const call = this.#engine.leave(place.room, place.id, place.session);
    if (call === "") return;
    await this.#inTurn(place, () => this.#send(place, call, nowMicros() + this.#ttlMicros));
  }

  /** Registers members again that are still of this process. */
  joinAgain(forgotten: readonly Forgotten[]): Promise<void> {
    return inLanes(forgotten, LANES, (place) => this.#inTurn(place, () => this.#settle(place, GONE)).catch(() => {}));
  }

  /** Says again what the store has not heard. */
  async sayAgain(): Promise<void> {
    const unsent = [...this.#unsent.entries()];
    await inLanes(unsent, LANES, ([key, { place, call, until }]) => {
      return this.#inTurn(place, async () => {
        // Something newer may have been said meanwhile.
        if (this.#unsent.get(key)?.call !== call) return;
        this.#unsent.delete(key);
        if (nowMicros() < until) await this.#send(place, call, until);
      }).catch(() => {});
    });
  }

  /** Leaves with all; what is not heard within the deadline ages out. */
  async leaveAll(): Promise<void> {
    this.#unsent.clear();
    const calls = JSON.parse(this.#engine.leaveAll()) as object[];
    await inLanes(calls, LANES, async (call) => {
      await this.#heard(JSON.stringify(call));
    });
  }

  async #send(place: Forgotten, call: string, until: number): Promise<void> {
    const reply = await this.#heard(call);
    if (reply === undefined) this.#unsent.set(keyOf(place), { place, call, until });
    else if (until === Number.POSITIVE_INFINITY) await this.#settle(place, reply, true);
  }

  /** Does what the answer asks for. `throws`: where another connection has the place. */
  async #settle(place: Forgotten, reply: number, throws = false): Promise<void> {
    const { room, id, session } = place;
    let stands = this.#engine.stands(room, id, session, reply);
    if (stands.startsWith("{")) {
      const again = await this.#heard(stands);
      if (again === undefined) return;
      stands = this.#engine.stands(room, id, session, again);
    }
    if (stands === "") this.#failed(foreignReply());
    if (stands === "lost" && throws) throw closedError("membership");
  }

  async #heard(call: string): Promise<number | undefined> {
    try {
      return number(await this.#scripts.ask(call));
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #inTurn(place: Forgotten, run: () => Promise<void>): Promise<void> {
    const key = keyOf(place);
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(run);
    const over = turn
      .catch(() => {})
      .then(() => {
        if (this.#turns.get(key) === over) this.#turns.delete(key);
      });
    this.#turns.set(key, over);
    return turn;
  }
}

/** What scripts answer about a member that the store does not know. */
const GONE = 0;

function keyOf({ room, id }: Forgotten): string {
  return `${room.length} ${room}${id}`;
}
