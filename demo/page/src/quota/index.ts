// The tab "one quota, many processes": real workers that can be stopped, killed, frozen and cut off.
import "./quota.css";
import { LiveSocket } from "../live-socket.js";
import { element, setText } from "../page.js";
import { onThemeChange } from "../theme.js";
import html from "./panel.html?raw";
import { ShareChart } from "./share-chart.js";
import { Starts } from "./starts.js";
import { WorkerRows, type WorkerView } from "./worker-rows.js";

interface Hello {
  limit: number;
  windowMs: number;
  heartbeatMs: number;
  most: number;
  standIn: boolean;
}

/** What the tab shows once the server has said what the quota is. */
interface Lab {
  facts: Hello;
  starts: Starts;
  chart: ShareChart;
}

export { html };

/** Connects, and shows what comes. */
export function start(panel: HTMLElement): void {
  let lab: Lab | undefined;
  const note = element("quota-note", HTMLElement);
  const startButton = element("start-worker", HTMLButtonElement);
  const socket = new LiveSocket("/quota", {
    opened: () => {},
    message: (message) => {
      if (message.type === "hello") lab = greet(message as unknown as Hello, lab);
      else if (message.type === "workers" && lab !== undefined) show(lab, message as unknown as Workers);
      else if (message.type === "failed") setText(note, String(message.message));
    },
    lost: () => {
      rows.show([], 1);
      setText(note, "The connection was lost, and its workers are gone. It comes back by itself.");
    },
  });
  const rows = new WorkerRows(element("workers", HTMLUListElement), (type, id) => socket.send({ type, id }));
  const peak = element("quota-peak", HTMLElement);
  const empty = element("workers-empty", HTMLElement);

  function greet(facts: Hello, before: Lab | undefined): Lab {
    const { limit, windowMs, heartbeatMs, standIn } = facts;
    const place = standIn
      ? "No REDIS_URL is set: a stand-in for Redis's pub/sub in this server carries their messages."
      : "Their messages go through Redis's pub/sub.";
    setText(note, `${place} Heartbeats go every ${heartbeatMs / 1000} s here; the default is 30 s.`);
    setText(
      element("quota-limit", HTMLElement),
      `${limit} starts in any ${windowMs / 1000} s, for all workers together`,
    );
    const starts = new Starts(windowMs);
    return { facts, starts, chart: before?.chart ?? new ShareChart(element("quota-chart", HTMLElement), limit) };
  }

  function show({ facts, starts, chart }: Lab, { now, workers }: Workers): void {
    for (const worker of workers) starts.add(worker.id, worker.starts, now);
    rows.show(
      workers.filter(({ state }) => state !== "ended"),
      facts.limit,
    );
    empty.hidden = workers.length > 0;
    startButton.disabled = workers.length >= facts.most;
    const most = starts.peak();
    setText(peak, `${most} of ${facts.limit}`);
    peak.dataset.over = String(most > facts.limit);
    if (!panel.hidden) chart.show(starts, now);
  }

  startButton.addEventListener("click", () => {
    socket.send({ type: "start", fastStart: element("fast-start", HTMLInputElement).checked });
  });
  element("reset-peak", HTMLButtonElement).addEventListener("click", () => lab?.starts.clear());
  onThemeChange(() => lab?.chart.readColours());
}

interface Workers {
  now: number;
  workers: WorkerView[];
}
