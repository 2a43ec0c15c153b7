// The list of workers: how each stands, and what can be done to it.
import { make, setText } from "../page.js";
import { colourOf } from "./share-chart.js";

/** A worker, as the server tells it. */
export interface WorkerView {
  id: number;
  state: "starting" | "running" | "paused" | "cut" | "leaving" | "ended";
  share: number;
  peers: number;
  fenced: boolean;
  starts: number[];
}

const ACTS = {
  stop: ["Stop", "It gives its share back and goes."],
  kill: ["Kill", "It vanishes without a word, as in a crash."],
  pause: ["Pause", "It is frozen, clock and all its promises kept."],
  resume: ["Resume", "It goes on where it was."],
  cut: ["Cut off", "It runs on, but nothing reaches the others any more."],
  mend: ["Mend", "It is heard again."],
} as const;

type Act = keyof typeof ACTS;

const OFFERED: Record<WorkerView["state"], readonly Act[]> = {
  starting: ["kill"],
  running: ["stop", "kill", "pause", "cut"],
  paused: ["kill", "resume"],
  cut: ["stop", "kill", "mend"],
  leaving: [],
  ended: [],
};

/** Rows that stay as they are while what they show changes, so that a button is not replaced under a finger. */
export class WorkerRows {
  #list: HTMLElement;
  #act: (type: Act, id: number) => void;
  #rows = new Map<number, HTMLElement>();

  constructor(list: HTMLElement, act: (type: Act, id: number) => void) {
    this.#list = list;
    this.#act = act;
  }

  show(workers: WorkerView[], limit: number): void {
    const present = new Set(workers.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (present.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    for (const worker of workers) this.#showOne(worker, limit);
  }

  #showOne(worker: WorkerView, limit: number): void {
    const row = this.#rows.get(worker.id) ?? this.#make(worker.id);
    const said = row.querySelector(".worker-said");
    const bar = row.querySelector<HTMLElement>(".worker-fill");
    if (said !== null) setText(said, standing(worker));
    bar?.style.setProperty("--part", String(Math.min(1, worker.share / limit)));
    if (row.dataset.state === worker.state) return;
    row.dataset.state = worker.state;
    row
      .querySelector(".worker-acts")
      ?.replaceChildren(...OFFERED[worker.state].map((act) => this.#button(act, worker)));
  }

  #make(id: number): HTMLElement {
    const row = make("li", "worker");
    row.style.setProperty("--worker", `var(--worker-${colourOf(id)})`);
    const bar = make("span", "worker-bar");
    bar.append(make("span", "worker-fill"));
    row.append(make("b", "worker-name", `Worker ${id}`), bar, make("span", "worker-said"), make("span", "worker-acts"));
    this.#list.append(row);
    this.#rows.set(id, row);
    return row;
  }

  #button(act: Act, { id }: WorkerView): HTMLElement {
    const [label, title] = ACTS[act];
    const button = make("button", "quiet", label);
    button.type = "button";
    button.title = title;
    button.dataset.testid = `${act}-${id}`;
    button.setAttribute("aria-label", `${label} worker ${id}`);
    button.addEventListener("click", () => this.#act(act, id));
    return button;
  }
}

function standing({ state, share, peers, fenced }: WorkerView): string {
  if (state === "starting") return "starting";
  if (state === "paused") return `frozen with a share of ${share}`;
  if (state === "leaving" || state === "ended") return "gone";
  if (fenced) return "hears nobody: has given up its share";
  const cut = state === "cut" ? "cut off: " : "";
  if (share === 0) return `${cut}waits for its share`;
  return `${cut}share ${share}, knows ${peers === 1 ? "no other" : `${peers - 1} other${peers === 2 ? "" : "s"}`}`;
}
