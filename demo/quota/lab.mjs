// The workers of one page: starts and stops them, and tells what they say of themselves.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openPubSub } from "./pub-sub.mjs";
import { openWire } from "./wire.mjs";

/** What the workers share: so many starts in any window. */
const QUOTA = { limit: 24, windowMs: 1_000 };
/** As short as it may be for such a window, so that one sees in seconds what takes a minute with the usual 30 s. */
const HEARTBEAT_MS = 1_000;
const MOST_WORKERS = 6;
const TICK_MS = 200;
const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));

/** Worker processes that share one quota, over the given Redis or a stand-in for its pub/sub. */
export class Lab {
  #name;
  #report;
  #store;
  #timer;
  #workers = new Map();
  #made = 0;
  #closed = false;

  constructor({ redis, name, report }) {
    this.#name = name;
    this.#report = report;
    this.#store = redis === undefined ? openPubSub() : Promise.resolve({ url: redis, close: () => {} });
    this.#timer = setInterval(() => this.#tell(), TICK_MS);
    const { limit, windowMs } = QUOTA;
    const facts = { limit, windowMs, heartbeatMs: HEARTBEAT_MS, most: MOST_WORKERS, standIn: redis === undefined };
    report({ type: "hello", ...facts });
  }

  /** Does what the page asks for. */
  act({ type, id, fastStart }) {
    if (type === "start") void this.#start(fastStart === true);
    this.#workers.get(id)?.act(type);
  }

  async close() {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const worker of this.#workers.values()) worker.end();
    (await this.#store).close();
  }

  async #start(fastStart) {
    if (this.#workers.size >= MOST_WORKERS) return;
    const id = ++this.#made;
    const wire = openWire();
    const worker = new LabWorker(id, wire);
    this.#workers.set(id, worker);
    const url = await wire.to((await this.#store).url);
    if (this.#closed || worker.state === "ended") return worker.end();
    const settings = { ...QUOTA, name: this.#name, heartbeatMs: HEARTBEAT_MS, fastStart, url };
    worker.run(fork(WORKER, [JSON.stringify(settings)], { stdio: ["ignore", "ignore", "inherit", "ipc"] }));
  }

  #tell() {
    const workers = [...this.#workers.values()];
    this.#report({ type: "workers", now: Date.now(), workers: workers.map((worker) => worker.view()) });
    for (const worker of workers) if (worker.state === "ended") this.#workers.delete(worker.id);
  }
}

/** One worker process, and its way to the store. */
class LabWorker {
  state = "starting";
  #wire;
  #child;
  #said = { share: 0, peers: 1, fenced: false };
  #starts = [];

  constructor(id, wire) {
    this.id = id;
    this.#wire = wire;
  }

  run(child) {
    this.#child = child;
    this.state = "running";
    child.on("message", ({ starts, ...said }) => {
      this.#said = said;
      this.#starts.push(...starts);
    });
    child.on("error", () => {});
    child.on("exit", () => this.#ended());
  }

  act(type) {
    const { state } = this;
    if (type === "stop" && state !== "ended") this.#stop();
    else if (type === "kill") this.end();
    else if (type === "pause" && (state === "running" || state === "cut")) this.#signal("SIGSTOP", "paused");
    else if (type === "resume" && state === "paused") this.#signal("SIGCONT", this.#wire.isCut ? "cut" : "running");
    else if (type === "cut" && state === "running") this.#cut(true);
    else if (type === "mend" && state === "cut") this.#cut(false);
  }

  /** As the page shows it. What has started since the last time goes with it. */
  view() {
    return { id: this.id, state: this.state, ...this.#said, starts: this.#starts.splice(0) };
  }

  /** At once, as a crash does. */
  end() {
    if (this.#child === undefined) this.#ended();
    else this.#child.kill("SIGKILL");
  }

  /** It gives its share back, and goes. */
  #stop() {
    if (this.#child === undefined) return this.end();
    if (this.state === "paused") this.#child.kill("SIGCONT");
    this.state = "leaving";
    if (this.#child.connected) this.#child.send("stop");
  }

  #signal(signal, state) {
    this.#child.kill(signal);
    this.state = state;
  }

  #cut(isCut) {
    this.#wire.isCut = isCut;
    this.state = isCut ? "cut" : "running";
  }

  #ended() {
    this.state = "ended";
    this.#said = { share: 0, peers: 0, fenced: false };
    this.#wire.close();
  }
}
