// The batches, newest first, each with a bar that shows where its jobs are.
import { element, make, setText } from "../page.js";
import type { Batch, Counts } from "./batch.js";

/** Older ones that are over leave the list. */
const MOST_ROWS = 12;
const PARTS: readonly (keyof Counts)[] = ["done", "running", "waiting", "cancelled", "refused"];

/** The list of batches. */
export class BatchList {
  #list = element("batches", HTMLOListElement);
  #rows: Row[] = [];

  constructor() {
    this.#list.hidden = true;
  }

  add(batch: Batch): void {
    const row = new Row(batch);
    this.#rows.unshift(row);
    this.#list.prepend(row.root);
    this.#list.hidden = false;
    element("batches-empty", HTMLElement).hidden = true;
    const old = this.#rows.slice(MOST_ROWS).filter((each) => each.batch.isOver);
    for (const { root } of old) root.remove();
    this.#rows = this.#rows.filter((each) => !old.includes(each));
  }

  draw(): void {
    for (const row of this.#rows) row.draw();
  }
}

class Row {
  readonly batch: Batch;
  readonly root = make("li", "batch");
  #text = make("p", "batch-counts");
  #bar = make("div", "batch-bar");
  #cancel = make("button", "quiet", "Cancel");
  #shown = "";

  constructor(batch: Batch) {
    this.batch = batch;
    const { number, jobs } = batch;
    const head = make("p", "batch-head");
    const told = `${jobs.durationMs} ms, cost ${jobs.cost}, priority ${jobs.priority}`;
    head.append(make("strong", "", `Batch ${number}`), make("span", "batch-jobs", told));
    this.#bar.setAttribute("aria-hidden", "true"); // The text beside it says the same.
    this.#bar.append(...PARTS.map((part) => make("span", `batch-part batch-${part}`)));
    this.#cancel.type = "button";
    this.#cancel.setAttribute("aria-label", `Cancel batch ${number}`);
    this.#cancel.addEventListener("click", () => batch.cancel());
    this.root.dataset.testid = `batch-${number}`;
    this.root.append(head, this.#text, this.#bar, this.#cancel);
    this.draw();
  }

  draw(): void {
    const { counts, jobs, isOver } = this.batch;
    const text = PARTS.filter((part) => counts[part] > 0)
      .map((part) => `${counts[part]} ${part}`)
      .join(", ");
    if (text === this.#shown) return;
    this.#shown = text;
    setText(this.#text, text);
    this.#cancel.disabled = isOver;
    for (const [i, part] of PARTS.entries()) {
      (this.#bar.children[i] as HTMLElement).style.width = `${(counts[part] / jobs.count) * 100}%`;
    }
  }
}
