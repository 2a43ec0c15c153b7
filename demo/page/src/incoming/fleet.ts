// Which server processes answered, and whether they share their count.

import { element, make, setText } from "../page.js";
import type { Answer, Source } from "./api.js";

const NOTES: Record<Source, string> = {
  memory: "Each process counts by itself: the limit holds once in each. Give REDIS_URL for one count.",
  store: "One count for all, in Redis.",
  cache: "One count for all, in Redis. This refusal was remembered, without asking again.",
  local: "Redis does not answer: each process counts by itself until it does.",
  open: "Redis does not answer: requests go, uncounted, until it does.",
  closed: "Redis does not answer: requests are refused until it does.",
};

const FAILED: readonly Source[] = ["local", "open", "closed"];

/** A line that shows itself once there is something to tell. */
export class Fleet {
  #panel = element("fleet", HTMLDivElement);
  #list = element("fleet-processes", HTMLUListElement);
  #note = element("fleet-note", HTMLElement);
  #counts = new Map<string, number>();

  /** Counts an answer. */
  add({ process, source }: Answer): void {
    if (process !== undefined) this.#count(process);
    if (source === undefined || (source === "memory" && this.#counts.size === 0)) return;
    this.#panel.hidden = false;
    this.#panel.dataset.failed = String(FAILED.includes(source));
    setText(this.#note, NOTES[source]);
  }

  #count(process: string): void {
    this.#counts.set(process, (this.#counts.get(process) ?? 0) + 1);
    const known = [...this.#counts].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
    this.#list.replaceChildren(...known.map(([name, count]) => row(name, count)));
  }
}

function row(name: string, count: number): HTMLElement {
  const item = make("li", "fleet-process", `Process ${name} `);
  item.append(make("b", "fleet-count", String(count)));
  return item;
}
