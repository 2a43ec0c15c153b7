/** Numbers for lanes. A lane has one as long as calls wait in it; 0 is for calls that name none. */
export class Lanes {
  #lanes = new Map<string, { number: number; calls: number }>();
  #last = 0;

  /** The number of a lane in which one more call waits. */
  enter(name: string | undefined): number {
    if (name === undefined) return 0;
    const lane = this.#lanes.get(name);
    if (lane !== undefined) {
      lane.calls++;
      return lane.number;
    }
    this.#last = (this.#last % 0x7fff_ffff) + 1;
    this.#lanes.set(name, { number: this.#last, calls: 1 });
    return this.#last;
  }

  leave(name: string | undefined): void {
    const lane = name === undefined ? undefined : this.#lanes.get(name);
    if (lane !== undefined && --lane.calls === 0) this.#lanes.delete(name as string);
  }
}
