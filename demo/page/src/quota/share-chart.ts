// Starts of each worker in the sliding window, one on top of the other, against the quota.
import uPlot from "uplot";
import { plainAxis } from "../chart-style.js";
import { KEPT_MS, type Starts } from "./starts.js";

const HEIGHT = 260;
const STEP_MS = 100;
/** Workers tell what they did a little later. */
const LATE_MS = 400;
/** As many colours as there are workers at a time. */
const COLOURS = 6;
const SPAN_MS = KEPT_MS - 2_000;

/** Which colour a worker has. */
export function colourOf(worker: number): number {
  return (worker - 1) % COLOURS;
}

/** A chart in a given place. */
export class ShareChart {
  #place: HTMLElement;
  #plot: uPlot;
  #limit: number;
  #colours: string[] = [];
  #ink = { line: "", text: "", quota: "" };

  constructor(place: HTMLElement, limit: number) {
    this.#place = place;
    this.#limit = limit;
    this.readColours();
    this.#plot = new uPlot(this.#options(), [[], ...Array.from({ length: COLOURS }, () => [])], place);
    new ResizeObserver(() => this.#resize()).observe(place);
  }

  /** Shows what workers have started until now. */
  show(starts: Starts, now: number): void {
    const ends: number[] = [];
    for (let at = now - SPAN_MS; at <= now - LATE_MS; at += STEP_MS) ends.push(at);
    const layers = Array.from({ length: COLOURS }, () => ends.map(() => 0));
    for (const worker of starts.workers) {
      const layer = layers[colourOf(worker)] ?? [];
      for (const [i, count] of starts.counts(worker, ends).entries()) layer[i] = (layer[i] ?? 0) + count;
    }
    // The top layer is drawn first, as the sum of all below it.
    const sums = ends.map(() => 0);
    const stacked = layers.map((layer) => layer.map((count, i) => (sums[i] = (sums[i] ?? 0) + count)));
    this.#plot.setData([ends.map((at) => (at - now) / 1000), ...stacked.reverse()]);
  }

  /** Takes the colours from the style sheet. */
  readColours(): void {
    const read = (name: string) => {
      this.#place.style.color = `var(${name})`; // A canvas needs the colour that the variable stands for.
      return getComputedStyle(this.#place).color;
    };
    this.#colours = Array.from({ length: COLOURS }, (_, i) => read(`--worker-${i}`));
    this.#ink = { line: read("--line"), text: read("--ink-soft"), quota: read("--stop") };
  }

  #resize(): void {
    const width = this.#place.clientWidth;
    if (width > 0) this.#plot.setSize({ width, height: HEIGHT });
  }

  #options(): uPlot.Options {
    const layer = (_: unknown, i: number): uPlot.Series => ({
      fill: () => this.#colours[COLOURS - 1 - i] ?? "",
      width: 0,
      points: { show: false },
      paths: uPlot.paths.stepped?.({ align: 1 }) as uPlot.Series.PathBuilder,
    });
    return {
      width: this.#place.clientWidth,
      height: HEIGHT,
      padding: [12, 18, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: [-SPAN_MS / 1000, 0] },
        y: { range: (_plot, _min, max) => [0, Math.max(this.#limit * 1.25, max * 1.1)] },
      },
      series: [{}, ...Array.from({ length: COLOURS }, layer)],
      axes: [
        {
          ...this.#axis(),
          size: 28,
          values: (_plot, splits) => splits.map((at) => (at === 0 ? "now" : `${-at} s ago`)),
        },
        { ...this.#axis(), size: 38 },
      ],
      hooks: { draw: [(plot) => this.#drawQuota(plot)] },
    };
  }

  #axis(): uPlot.Axis {
    const grid = { stroke: () => this.#ink.line, width: 1 };
    return { ...plainAxis(() => this.#ink.text), grid, ticks: { show: false } };
  }

  #drawQuota({ ctx, bbox, valToPos }: uPlot): void {
    const y = Math.round(valToPos(this.#limit, "y", true));
    ctx.save();
    ctx.strokeStyle = this.#ink.quota;
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.setLineDash([6 * devicePixelRatio, 5 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}
