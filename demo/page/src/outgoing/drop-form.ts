// The form that drops jobs in.
import { bounded } from "../number-field.js";
import { element, setText } from "../page.js";
import type { Batch, Jobs } from "./batch.js";

/** Makes the form work; `drop` makes a batch of what it says. */
export function startDropForm(drop: (jobs: Jobs) => Batch): void {
  const field = (name: string) => element(`drop-${name}`, HTMLInputElement);
  const cost = field("cost");
  const outcome = element("drop-error", HTMLElement);
  const tell = (text: string, isError: boolean) => {
    setText(outcome, text);
    outcome.classList.toggle("error", isError);
    if (isError) cost.setAttribute("aria-invalid", "true");
    else cost.removeAttribute("aria-invalid");
  };
  element("drop", HTMLFormElement).addEventListener("submit", async (event) => {
    event.preventDefault();
    const batch = drop({
      count: bounded(field("count")),
      durationMs: bounded(field("duration")),
      cost: bounded(cost),
      priority: bounded(field("priority")),
    });
    tell(`Batch ${batch.number}: ${batch.jobs.count} dropped in.`, false);
    const refused = await batch.refused;
    if (refused !== undefined) tell(`Batch ${batch.number}: ${refused}.`, true);
  });
  element("drop-go", HTMLButtonElement).disabled = false;
}
