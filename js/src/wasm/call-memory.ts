import { optionError } from "../errors.js";
import { ALLOWED, COST, COSTS, LISTS, NOW } from "../scratch.js";
import * as glue from "./glue.js";

/** Code units of a usual key. For a longer one, room is made, and given back by the next call. */
const USUAL_UNITS = 256;

/** Views of the engine's memory. When that grows, they are left with a length of 0. */
let memory: WebAssembly.Memory;
let numbers = new Float64Array(0);
let units = new Uint16Array(0);

/** Says whose memory it is. */
export function useMemory(of: WebAssembly.Memory): void {
  memory = of;
  units = new Uint16Array(0);
}

/** Writes a key as UTF-16, which loses nothing of any string. Says how long it is. */
export function putKey(key: string): number {
  const { length } = key;
  if (length > USUAL_UNITS || units.length !== USUAL_UNITS) prepare(key);
  const to = units;
  for (let i = 0; i < length; i++) to[i] = key.charCodeAt(i);
  return length;
}

function prepare(key: string): void {
  const room = Math.max(key.length, USUAL_UNITS);
  const at = glue.makeRoom(room);
  if (at === 0) throw optionError("CONFIG_KEY", "key", key, "a string that fits into the memory of this runtime");
  units = new Uint16Array(memory.buffer, at, room);
  viewNumbers();
}

function viewNumbers(): void {
  numbers = new Float64Array(memory.buffer, glue.numbersAt());
}

/** Writes what a call asks for. */
export function putRequest(scratch: Float64Array): void {
  numbers[NOW] = scratch[NOW] as number;
  numbers[COST] = scratch[COST] as number;
  const lists = scratch[LISTS] as number;
  numbers[LISTS] = lists;
  if (lists !== 0) numbers.set(scratch.subarray(COSTS), COSTS);
}

/** Writes the first cells, up to and with `last`. */
export function putCells(scratch: Float64Array, last: number): void {
  if (numbers.length === 0) viewNumbers();
  const to = numbers;
  for (let i = 0; i <= last; i++) to[i] = scratch[i] as number;
}

/** Writes costs and limits by policy, where a call brings any. */
export function putLists(scratch: Float64Array): void {
  if (scratch[LISTS] !== 0) numbers.set(scratch.subarray(COSTS), COSTS);
}

/** Reads costs and limits by policy. */
export function takeLists(scratch: Float64Array): void {
  if (numbers.length === 0) viewNumbers();
  scratch.set(numbers.subarray(COSTS, scratch.length), COSTS);
}

/** Reads the cells from `from` to before `end`. */
export function takeCells(scratch: Float64Array, from: number, end: number): void {
  if (numbers.length === 0) viewNumbers();
  const source = numbers;
  for (let i = from; i < end; i++) scratch[i] = source[i] as number;
}

/** Writes what a call asks for, and the decision that it is about. */
export function putDecision(scratch: Float64Array): void {
  if (numbers.length === 0) viewNumbers();
  numbers.set(scratch);
}

/** Reads a decision that ends before the cell `end`. */
export function takeDecision(scratch: Float64Array, end: number): void {
  takeCells(scratch, ALLOWED, end);
}
