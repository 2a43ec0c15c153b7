// Draws what has started in the last second, at every moment of the last half minute, against the limit.
import uPlot from "uplot";
import { type Colours, coloursAt, plainAxis } from "../chart-style.js";
import { element } from "../page.js";
import { onThemeChange } from "../theme.js";
import { microsNow, SPAN, type Starts } from "./starts.js";

const HEIGHT = 240;
/** Between two points. They stand at whole multiples of this, so that the line moves without changing its shape. */
const STEP = 50_000;
/** Between two drawings. */
const FRAME_MS = 50;

/** The chart of the queue. */
export class PaceChart {
  #starts: Starts;
  #place = element("pace-chart", HTMLElement);
  #colours: Colours;
  #plot: uPlot;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(starts: Starts) {
    this.#starts = starts;
    this.#colours = coloursAt(this.#place);
    this.#plot = new uPlot(this.#options(), [[], [], []], this.#place);
    new ResizeObserver(() => this.#resize()).observe(this.#place);
    onThemeChange(() => {
      this.#colours = coloursAt(this.#place);
    });
  }

  /** Draws if it is time to. */
  draw(now: number): void {
    if (now - this.#drawnAt < FRAME_MS) return;
    this.#drawnAt = now;
    const end = microsNow();
    const last = Math.floor(end / STEP) * STEP;
    const times = Array.from(
      { length: (SPAN * 1_000_000) / STEP + 1 },
      (_, i, all = SPAN * 1_000_000) => last - all + i * STEP,
    );
    times.push(end);
    const started = this.#starts.series(times);
    const at = times.map((time) => (time - end) / 1_000_000);
    this.#plot.setData([at, started, this.#starts.limits(times)]);
    const text = `${started.at(-1)} started in the last second, the limit is ${this.#starts.limit}`;
    this.#place.setAttribute("aria-label", text);
  }

  #resize(): void {
    const width = this.#place.clientWidth;
    if (width > 0) this.#plot.setSize({ width, height: HEIGHT });
  }

  #options(): uPlot.Options {
    const paths = uPlot.paths.stepped?.({ align: 1 });
    const line = { points: { show: false }, ...(paths && { paths }) };
    return {
      width: this.#place.clientWidth,
      height: HEIGHT,
      padding: [12, 18, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: [-SPAN, 0] },
        y: { range: (_plot, _least, most) => [0, Math.max(5, most * 1.2)] },
      },
      series: [
        {},
        { ...line, stroke: () => this.#colours.go, fill: () => this.#colours.goSoft, width: 2 },
        { ...line, stroke: () => this.#colours.stop, width: 2, dash: [8, 5] },
      ],
      axes: [this.#timeAxis(), this.#countAxis()],
    };
  }

  #timeAxis(): uPlot.Axis {
    return {
      ...plainAxis(() => this.#colours.text),
      size: 28,
      grid: { show: false },
      ticks: { show: false },
      splits: () => [-30, -20, -10, 0],
      values: (plot, splits) => splits.map((at) => timeLabel(at, plot.width)),
    };
  }

  #countAxis(): uPlot.Axis {
    return {
      ...plainAxis(() => this.#colours.text),
      size: 38,
      space: 28,
      incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500],
      grid: { stroke: () => this.#colours.line, width: 1 },
      ticks: { show: false },
    };
  }
}

/** The outermost label would be cut off at its edge on a narrow chart. */
function timeLabel(at: number, width: number): string {
  if (at === 0) return "now";
  return at === -SPAN && width < 480 ? "" : `${-at} s ago`;
}
