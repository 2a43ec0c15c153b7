import { optionError } from "../errors.js";
import { ALLOWED, COST, COSTS, LISTS, NOW } from "../scratch.js";

/** Code units of a usual key. For a longer one, room is made, and given back by the next call. */
const USUAL_UNITS = 256;

/** What an engine offers for its memory. */
export interface MemoryCalls {
  makeRoom(units: number): number;
  numbersAt(): number;
}

/** The memory through which the calls of an engine travel. When it grows, views of it are left with a length of 0. */
export class CallMemory {
  #glue: MemoryCalls;
  #memory: WebAssembly.Memory | undefined;
  #numbers = new Float64Array(0);
  #units = new Uint16Array(0);

  constructor(glue: MemoryCalls) {
    this.#glue = glue;
  }

  /** Says whose memory it is. */
  use(memory: WebAssembly.Memory): void {
    this.#memory = memory;
    this.#units = new Uint16Array(0);
  }

  /** Writes a key as UTF-16, which loses nothing of any string. Says how long it is. */
  putKey(key: string): number {
    const { length } = key;
    if (length > USUAL_UNITS || this.#units.length !== USUAL_UNITS) this.#prepare(key);
    const to = this.#units;
    for (let i = 0; i < length; i++) to[i] = key.charCodeAt(i);
    return length;
  }

  /** Writes what a call asks for. The key comes first, and makes the views. */
  putRequest(scratch: Float64Array): void {
    const to = this.#numbers;
    to[NOW] = scratch[NOW] as number;
    to[COST] = scratch[COST] as number;
    const lists = scratch[LISTS] as number;
    to[LISTS] = lists;
    if (lists !== 0) to.set(scratch.subarray(COSTS), COSTS);
  }

  /** Writes the first cells, up to and with `last`. */
  putCells(scratch: Float64Array, last: number): void {
    const to = this.#seen();
    for (let i = 0; i <= last; i++) to[i] = scratch[i] as number;
  }

  /** Writes costs and limits by policy, where a call brings any. */
  putLists(scratch: Float64Array): void {
    if (scratch[LISTS] !== 0) this.#numbers.set(scratch.subarray(COSTS), COSTS);
  }

  /** Reads costs and limits by policy. */
  takeLists(scratch: Float64Array): void {
    scratch.set(this.#seen().subarray(COSTS, scratch.length), COSTS);
  }

  /** Reads the cells from `from` to before `end`. */
  takeCells(scratch: Float64Array, from: number, end: number): void {
    const source = this.#seen();
    for (let i = from; i < end; i++) scratch[i] = source[i] as number;
  }

  /** Writes what a call asks for, and the decision that it is about. */
  putDecision(scratch: Float64Array): void {
    this.#seen().set(scratch);
  }

  /** Reads a decision that ends before the cell `end`. */
  takeDecision(scratch: Float64Array, end: number): void {
    this.takeCells(scratch, ALLOWED, end);
  }

  #prepare(key: string): void {
    const room = Math.max(key.length, USUAL_UNITS);
    const at = this.#glue.makeRoom(room);
    if (at === 0) throw optionError("CONFIG_KEY", "key", key, "a string that fits into the memory of this runtime");
    this.#units = new Uint16Array(this.#buffer, at, room);
    this.#view();
  }

  #seen(): Float64Array {
    if (this.#numbers.length === 0) this.#view();
    return this.#numbers;
  }

  #view(): void {
    this.#numbers = new Float64Array(this.#buffer, this.#glue.numbersAt());
  }

  get #buffer(): ArrayBuffer {
    return (this.#memory as WebAssembly.Memory).buffer;
  }
}
