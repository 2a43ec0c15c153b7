// The answers, newest first.

import { element, make } from "../page.js";
import { clockTime } from "../time-text.js";
import type { Answer } from "./api.js";

/** Older answers leave the list. */
const MOST_ROWS = 100;

/** The list of answers. */
export class Log {
  #list = element("log", HTMLOListElement);
  #empty = element("log-empty", HTMLElement);
  #waiting: HTMLLIElement[] = [];

  constructor() {
    element("clear", HTMLButtonElement).addEventListener("click", () => this.#clear());
    this.#clear();
  }

  /** Adds an answer; a burst is put into the page once a frame. */
  add(answer: Answer): void {
    this.#waiting.unshift(row(answer));
    this.#waiting.length = Math.min(this.#waiting.length, MOST_ROWS);
    if (this.#waiting.length === 1) window.setTimeout(() => this.#flush(), 16);
  }

  #flush(): void {
    this.#list.prepend(...this.#waiting);
    this.#waiting = [];
    while (this.#list.childElementCount > MOST_ROWS) this.#list.lastElementChild?.remove();
    this.#showEmpty();
  }

  #clear(): void {
    this.#waiting = [];
    this.#list.replaceChildren();
    this.#showEmpty();
  }

  #showEmpty(): void {
    const isEmpty = this.#list.childElementCount === 0;
    this.#empty.hidden = !isEmpty;
    this.#list.hidden = isEmpty;
  }
}

function row({ status, fields, process, source }: Answer): HTMLLIElement {
  const item = make("li", "log-row");
  item.dataset.status = String(status);
  item.append(
    make("span", "log-status", status === 0 ? "none" : String(status)),
    make("time", "log-time", clockTime(new Date())),
  );
  const list = make("span", "log-fields");
  for (const [name, value] of fields) list.append(field(name, value));
  if (process !== undefined) list.append(field("Process", process));
  if (source !== undefined && source !== "memory") list.append(field("Decided by", source));
  if (status === 0) list.append(make("span", "log-field", "The server could not be reached."));
  item.append(list);
  return item;
}

function field(name: string, value: string): HTMLElement {
  const both = make("span", "log-field");
  both.dataset.field = name;
  both.append(make("span", "log-name", `${name}: `), make("span", "log-value", value));
  return both;
}
