// What each policy has left, and when it is full again.

import { element, make, setText } from "../page.js";
import { timeLeft, windowText } from "../time-text.js";
import type { PolicyView } from "./api.js";
import type { Standing } from "./state.js";

/** Up to this many, each unit is drawn on its own. */
const MOST_SEGMENTS = 50;

/** One gauge for each policy. */
export class Gauges {
  #place = element("gauges", HTMLElement);
  #gauges: Gauge[] = [];
  #revision = -1;

  /** Shows a standing at `now`. */
  show({ view, at }: Standing, now: number): void {
    if (view.revision !== this.#revision) this.#rebuild(view.policies);
    this.#revision = view.revision;
    for (const [i, policy] of view.policies.entries()) this.#gauges[i]?.show(policy, now - at);
  }

  #rebuild(policies: PolicyView[]): void {
    this.#gauges = policies.map((policy) => new Gauge(policy));
    this.#place.replaceChildren(...this.#gauges.map(({ root }) => root));
  }
}

class Gauge {
  readonly root = make("div", "gauge");
  #bar = make("div", "gauge-bar");
  #left = make("strong", "gauge-left");
  #reset = make("span", "gauge-reset");
  #most: number;

  constructor(policy: PolicyView) {
    this.#most = policy.burst ?? policy.limit;
    const of = make("span", "gauge-of", ` of ${this.#most.toLocaleString("en")} left`);
    const count = make("p", "gauge-count");
    count.append(this.#left, of);
    count.dataset.testid = "remaining";
    const text = make("p", "gauge-text");
    text.append(make("span", "gauge-name", policyText(policy)), this.#reset);
    this.#bar.append(make("div", "gauge-fill"));
    this.#bar.setAttribute("role", "meter");
    this.#bar.setAttribute("aria-label", `Left of ${policyText(policy)}`);
    this.#bar.setAttribute("aria-valuemin", "0");
    this.#bar.setAttribute("aria-valuemax", String(this.#most));
    if (this.#most <= MOST_SEGMENTS) {
      this.#bar.classList.add("segmented");
      this.#bar.style.setProperty("--segments", String(this.#most));
    }
    this.root.append(count, this.#bar, text);
  }

  show({ remaining, resetAfterMs }: PolicyView, elapsed: number): void {
    setText(this.#left, remaining.toLocaleString("en"));
    this.#bar.setAttribute("aria-valuenow", String(remaining));
    this.#bar.style.setProperty("--part", String(remaining / this.#most));
    this.root.classList.toggle("used-up", remaining === 0);
    const left = resetAfterMs - elapsed;
    setText(this.#reset, left > 0 ? `full again in ${timeLeft(left)}` : "full");
  }
}

/** A policy in one line. */
export function policyText({ limit, window, algorithm, burst }: PolicyView): string {
  const most = burst === undefined ? "" : `, burst ${burst.toLocaleString("en")}`;
  return `${limit.toLocaleString("en")} per ${windowText(window)}, ${algorithm.replace("-", " ")}${most}`;
}
