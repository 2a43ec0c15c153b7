// One chart for each policy: allowed upwards, refused downwards.

import { element, make, setText } from "../page.js";
import type { PolicyView } from "./api.js";
import { Chart } from "./chart.js";
import { policyText } from "./gauges.js";
import type { History } from "./history.js";

const HEIGHT_ALONE = 230;
const HEIGHT_OF_TWO = 150;
/** Between two drawings. */
const FRAME_MS = 100;

/** Charts of the history, drawn while somebody looks. */
export class Charts {
  #history: History;
  #place = element("charts", HTMLElement);
  #shown: { chart: Chart; figure: HTMLElement; totals: HTMLElement }[] = [];
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(history: History) {
    this.#history = history;
    new ResizeObserver(() => this.#resize()).observe(this.#place);
  }

  /** Begins anew for these policies. */
  rebuild(policies: PolicyView[]): void {
    for (const { chart } of this.#shown) chart.destroy();
    this.#place.replaceChildren();
    const height = policies.length > 1 ? HEIGHT_OF_TWO : HEIGHT_ALONE;
    this.#shown = policies.map((policy) => this.#figure(policy, height));
    this.repaint();
  }

  /** Draws if it is time to. */
  draw(now: number): void {
    if (now - this.#drawnAt < FRAME_MS) return;
    this.#drawnAt = now;
    this.#shown.forEach(({ chart, figure, totals }, i) => {
      const series = this.#history.series(i, now);
      chart.show(series, this.#history.changes(now));
      const text = `${sum(series.allowed)} allowed, ${sum(series.refused)} refused`;
      setText(totals, text);
      figure.setAttribute("aria-label", `Requests in the last minute: ${text}`);
    });
  }

  /** Draws at once, with the colours of now. */
  repaint(): void {
    for (const { chart } of this.#shown) chart.readColours();
    this.#drawnAt = Number.NEGATIVE_INFINITY;
  }

  #figure(policy: PolicyView, height: number) {
    const caption = make("p", "chart-caption");
    const totals = make("span", "chart-totals");
    caption.append(make("span", "chart-policy", policyText(policy)), totals);
    const figure = make("div", "chart-figure");
    figure.setAttribute("role", "img");
    this.#place.append(caption, figure);
    return { chart: new Chart(figure, this.#place.clientWidth, height), figure, totals };
  }

  #resize(): void {
    if (this.#place.clientWidth === 0) return; // Another tab is shown.
    for (const { chart } of this.#shown) chart.resize(this.#place.clientWidth);
    this.#drawnAt = Number.NEGATIVE_INFINITY;
  }
}

function sum(counts: number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}
