// Draws one policy's last minute with uPlot.
import uPlot from "uplot";
import { type Colours, coloursAt, plainAxis } from "../chart-style.js";
import { SPAN } from "./history.js";

/** The smallest top of the scale, so that a single request is not a full-height bar. */
const LEAST_TOP = 5;

/** A chart in a given place. */
export class Chart {
  #plot: uPlot;
  #place: HTMLElement;
  #height: number;
  #colours: Colours;
  #changes: number[] = [];

  constructor(place: HTMLElement, width: number, height: number) {
    this.#place = place;
    this.#height = height;
    this.#colours = coloursAt(place);
    this.#plot = new uPlot(this.#options(width), [[], [], []], place);
  }

  /** Shows counts by second, and marks the times at which the rule changed. */
  show({ at, allowed, refused }: { at: number[]; allowed: number[]; refused: number[] }, changes: number[]): void {
    this.#changes = changes;
    this.#plot.setData([at, allowed.map((count) => count || null), refused.map((count) => -count || null)]);
  }

  /** Takes the colours from the style sheet. */
  readColours(): void {
    this.#colours = coloursAt(this.#place);
  }

  resize(width: number): void {
    this.#plot.setSize({ width, height: this.#height });
  }

  destroy(): void {
    this.#plot.destroy();
  }

  #options(width: number): uPlot.Options {
    const bars = uPlot.paths.bars?.({ size: [0.72, 40], radius: 0.2 });
    const series = (fill: () => string): uPlot.Series => ({
      fill,
      width: 0,
      points: { show: false },
      ...(bars && { paths: bars }),
    });
    return {
      width,
      height: this.#height,
      padding: [12, 18, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: [-SPAN, 0] }, y: { range: countRange } },
      series: [{}, series(() => this.#colours.go), series(() => this.#colours.stop)],
      axes: [this.#timeAxis(), this.#countAxis()],
      hooks: { drawAxes: [(plot) => this.#drawChanges(plot), (plot) => this.#drawZero(plot)] },
    };
  }

  #timeAxis(): uPlot.Axis {
    return {
      ...plainAxis(() => this.#colours.text),
      size: 28,
      grid: { show: false },
      ticks: { show: false },
      splits: () => [-60, -45, -30, -15, 0],
      values: (plot, splits) => splits.map((at) => timeLabel(at, plot.width)),
    };
  }

  #countAxis(): uPlot.Axis {
    return {
      ...plainAxis(() => this.#colours.text),
      size: 38,
      space: 28,
      incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
      grid: { stroke: () => this.#colours.line, width: 1 },
      ticks: { show: false },
      values: (_plot, splits) => splits.map((count) => String(Math.abs(count))),
    };
  }

  #drawZero({ ctx, bbox, valToPos }: uPlot): void {
    const thickness = Math.max(1, Math.round(devicePixelRatio));
    ctx.fillStyle = this.#colours.zero;
    ctx.fillRect(bbox.left, Math.round(valToPos(0, "y", true)) - thickness / 2, bbox.width, thickness);
  }

  #drawChanges({ ctx, bbox, valToPos }: uPlot): void {
    ctx.save();
    ctx.strokeStyle = this.#colours.text;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const at of this.#changes) {
      const x = valToPos(at, "x", true);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }
}

/** From the most refused to the most allowed in a second, zero always inside. */
function countRange(_plot: uPlot, least: number, most: number): uPlot.Range.MinMax {
  const top = Math.max(LEAST_TOP, (most ?? 0) * 1.1);
  const bottom = Math.min(-0.25 * top, (least ?? 0) * 1.1);
  return [bottom, top];
}

/** The outermost labels would be cut off at their edge, so they say less on a narrow chart. */
function timeLabel(at: number, width: number): string {
  if (at === 0) return "now";
  return at === -SPAN && width < 480 ? "" : `${-at} s ago`;
}
