// What happened, newest first.
import { element, make } from "../page.js";
import { clockTime } from "../time-text.js";

/** Older ones leave the list. */
const MOST_ROWS = 60;

/** The list of events. */
export class EventList {
  #list = element("events", HTMLOListElement);

  add(text: string): void {
    const row = make("li", "log-row event");
    row.append(make("time", "log-time", clockTime(new Date())), make("span", "event-text", text));
    this.#list.prepend(row);
    while (this.#list.childElementCount > MOST_ROWS) this.#list.lastElementChild?.remove();
  }
}
