// Limit, concurrency, pause, and cancelling all that waits.
import type { Pacer } from "tollgate";
import { element, setText } from "../page.js";

/** What is allowed. */
export interface Allowed {
  limit: number;
  concurrency: number;
}

interface Told {
  onChange(now: Allowed): void;
  onPause(isPaused: boolean): void;
  onCancel(count: number): void;
}

const SLIDERS = { limit: "steer-limit", concurrency: "steer-concurrency" } as const;

/** What the sliders say. */
export function steered(): Allowed {
  return { limit: slider("limit").valueAsNumber, concurrency: slider("concurrency").valueAsNumber };
}

/** Makes sliders and buttons steer a pacer. */
export function startSteering(pacer: Pacer, told: Told): void {
  for (const name of ["limit", "concurrency"] as const) {
    const input = slider(name);
    input.disabled = false;
    // The pacer follows each step; the list of events gets the last one.
    input.addEventListener("input", () => {
      setText(element(`${SLIDERS[name]}-now`, HTMLOutputElement), input.value);
      pacer.update({ [name]: input.valueAsNumber });
    });
    input.addEventListener("change", () => told.onChange(steered()));
  }
  startPause(pacer, told);
  const cancel = element("cancel-all", HTMLButtonElement);
  cancel.disabled = false;
  cancel.addEventListener("click", () => {
    const { waiting } = pacer.stats();
    pacer.clear();
    told.onCancel(waiting);
  });
}

function startPause(pacer: Pacer, { onPause }: Told): void {
  const button = element("pause", HTMLButtonElement);
  let isPaused = false;
  button.disabled = false;
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    if (isPaused) pacer.pause();
    else pacer.resume();
    button.setAttribute("aria-pressed", String(isPaused));
    setText(button, isPaused ? "Resume" : "Pause");
    onPause(isPaused);
  });
}

function slider(name: keyof typeof SLIDERS): HTMLInputElement {
  return element(SLIDERS[name], HTMLInputElement);
}
