// The switch between the two engines, and what it says about them.

import { element, setText } from "../page.js";
import { withoutEngine } from "../tollgate.js";
import type { RuleView } from "./api.js";
import { BrowserDecider } from "./browser-decider.js";
import { type Decider, server } from "./decider.js";

const NOTES = {
  server: "Requests go to this server, and its limiter decides.",
  browser: "No request is sent. This tab has a limiter of its own, by the server's rule; its counts are its own, too.",
  starting: "Starting the engine in this browser.",
};

type Side = "server" | "browser";

const note = () => element("engine-note", HTMLElement);
const atServer = () => element("engine-server", HTMLInputElement);
const inBrowser = () => element("engine-browser", HTMLInputElement);

/** Makes the switch work from the first known rule on; `onChoice` gets who decides from then on. */
export function startEngineSwitch(rule: RuleView, onChoice: (chosen: Decider) => void): void {
  if (withoutEngine === undefined) offer(rule, onChoice);
  else withhold(`Only the server can decide: ${withoutEngine}`);
}

function offer(rule: RuleView, onChoice: (chosen: Decider) => void): void {
  let started: Promise<Decider> | undefined;
  const choose = (side: Side, decider: Decider) => {
    show(side);
    onChoice(decider);
  };
  atServer().addEventListener("change", () => choose("server", server));
  inBrowser().addEventListener("change", async () => {
    setText(note(), NOTES.starting);
    started ??= BrowserDecider.start(rule);
    try {
      const browser = await started;
      if (inBrowser().checked) choose("browser", browser);
    } catch (error) {
      withhold(`Only the server can decide: ${(error as Error).message}.`);
    }
  });
  inBrowser().disabled = false;
  show("server");
}

function show(side: Side): void {
  setText(note(), NOTES[side]);
  for (const text of document.querySelectorAll<HTMLElement>("[data-side]")) text.hidden = text.dataset.side !== side;
}

/** An engine that failed to start stays so until the page is loaded again. */
function withhold(why: string): void {
  atServer().checked = true;
  inBrowser().disabled = true;
  setText(note(), why);
}
