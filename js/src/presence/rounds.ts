import { nowMicros } from "../clock.js";
import type { EnginePresence } from "../machines.js";
import { Alarm } from "./alarm.js";
import type { Forgotten, OwnMembers } from "./own-members.js";
import { foreignReply, inLanes, numbers, type Scripts, texts } from "./scripts.js";

/** Heartbeats that are out at a time: others of Redis have their turn between two of them. */
const LANES = 4;

/** What a process does for the roster by itself, on one timer: it vouches for its members, and sweeps those of others. */
export class Rounds {
  #engine: EnginePresence;
  #scripts: Scripts;
  #members: OwnMembers;
  #failed: (error: unknown) => void;
  #partitions: number;
  #paceMicros: number;
  #alarm = new Alarm(() => this.#ring());
  #nextSweep: number;
  #beating = false;
  #sweeping = false;
  #ended = false;

  constructor(
    engine: EnginePresence,
    scripts: Scripts,
    members: OwnMembers,
    partitions: number,
    paceMicros: number,
    failed: (error: unknown) => void,
  ) {
    this.#engine = engine;
    this.#scripts = scripts;
    this.#members = members;
    this.#partitions = partitions;
    this.#paceMicros = paceMicros;
    this.#failed = failed;
    this.#nextSweep = nowMicros() + paceMicros;
    this.set();
  }

  /** Sets the timer; to be called when members have come. */
  set(): void {
    if (this.#ended) return;
    const beat = this.#beating ? -1 : this.#engine.next();
    const sweep = this.#sweeping ? -1 : this.#nextSweep;
    this.#alarm.set(beat < 0 ? sweep : sweep < 0 ? beat : Math.min(beat, sweep));
  }

  /** The store is there again, and may know nobody: resolves when own members have been registered anew. */
  async returned(): Promise<void> {
    this.#engine.returned(nowMicros());
    if (this.#beating) this.set();
    else await this.#beat();
  }

  end(): void {
    this.#ended = true;
    this.#alarm.set(-1);
  }

  #ring(): void {
    const now = nowMicros();
    const beat = this.#engine.next();
    if (!this.#beating && beat >= 0 && beat <= now) void this.#beat();
    if (!this.#sweeping && this.#nextSweep <= now) void this.#sweep();
    this.set();
  }

  async #beat(): Promise<void> {
    this.#beating = true;
    const due = JSON.parse(this.#engine.dueBeats(nowMicros())) as { batch: number; call: object }[];
    const forgotten: Forgotten[] = [];
    await inLanes(due, LANES, async ({ batch, call }) => {
      forgotten.push(...(await this.#vouch(batch, call)));
    });
    await this.#members.joinAgain(forgotten);
    await this.#members.sayAgain();
    this.#beating = false;
    this.set();
  }

  async #vouch(batch: number, call: object): Promise<Forgotten[]> {
    try {
      const lost = this.#engine.beaten(batch, numbers(await this.#scripts.ask(JSON.stringify(call))));
      if (lost === "") throw foreignReply();
      return JSON.parse(lost);
    } catch (error) {
      this.#engine.unanswered(batch, nowMicros());
      this.#failed(error);
      return [];
    }
  }

  async #sweep(): Promise<void> {
    this.#sweeping = true;
    this.#nextSweep = nowMicros() + this.#paceMicros;
    const partitions = Array.from({ length: this.#partitions }, (_, partition) => partition);
    await inLanes(partitions, LANES, (partition) => this.#sweepPartition(partition));
    // Without members there are no heartbeats that would do it.
    if (!this.#beating) await this.#members.sayAgain();
    this.#sweeping = false;
    this.set();
  }

  async #sweepPartition(partition: number): Promise<void> {
    try {
      while (!this.#ended) {
        const rooms = texts(await this.#scripts.ask(this.#engine.due(partition)));
        if (rooms.length === 0) return;
        numbers(await this.#scripts.ask(this.#engine.sweep(partition, rooms)), 2);
      }
    } catch (error) {
      this.#failed(error);
    }
  }
}
