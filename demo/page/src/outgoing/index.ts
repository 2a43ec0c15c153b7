// Calls that go out: jobs of this page wait in a pacer of this page.
import "./outgoing.css";
import type { Pacer } from "tollgate";
import { element, setText } from "../page.js";
import { loadTollgate, withoutEngine } from "../tollgate.js";
import { Batch } from "./batch.js";
import { BatchList } from "./batch-list.js";
import { startDropForm } from "./drop-form.js";
import { EventList } from "./event-list.js";
import { PaceChart } from "./pace-chart.js";
import html from "./panel.html?raw";
import { Starts } from "./starts.js";
import { type Allowed, startSteering, steered } from "./steering.js";
import { showTally } from "./tally.js";

export { html };

const WINDOW = "1s";

/** Makes the tab work, once the engine has started. */
export async function start(panel: HTMLElement): Promise<void> {
  const note = element("pacer-note", HTMLElement);
  if (withoutEngine !== undefined) return setText(note, `No jobs here: ${withoutEngine}`);
  try {
    const { createPacer } = await loadTollgate();
    const allowed = steered();
    run(panel, createPacer({ limit: allowed.limit, window: WINDOW, concurrency: allowed.concurrency }), allowed);
    setText(note, "Each waits its turn in this page, then runs for as long as you say. Nothing leaves the browser.");
  } catch (error) {
    setText(note, `No jobs here: ${(error as Error).message}. Load the page again to try again.`);
  }
}

function run(panel: HTMLElement, pacer: Pacer, allowed: Allowed): void {
  const starts = new Starts(allowed.limit);
  const events = new EventList();
  const batches = new BatchList();
  const chart = new PaceChart(starts);
  let last = 0;

  startDropForm((jobs) => {
    last++;
    events.add(`Batch ${last}: ${jobs.count} dropped in.`);
    const batch = new Batch(last, jobs, pacer, {
      onStart: (cost) => starts.add(cost),
      onEnd: (text) => events.add(text),
    });
    batches.add(batch);
    return batch;
  });
  startSteering(pacer, {
    onChange(now) {
      starts.changeLimit(now.limit);
      events.add(`From now on ${now.limit} in any second, ${now.concurrency} at once.`);
    },
    onPause: (isPaused) => events.add(isPaused ? "Paused: what runs goes on, nothing starts." : "Going on."),
    onCancel: (count) => events.add(`Cancelled all that waited: ${count}.`),
  });
  const drawFrame = (now: number) => {
    requestAnimationFrame(drawFrame);
    if (panel.hidden) return;
    showTally(pacer.stats(), starts);
    batches.draw();
    chart.draw(now);
  };
  requestAnimationFrame(drawFrame);
}
