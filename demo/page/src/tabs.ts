// The tabs. A new one is an entry here and a folder beside this file, whose index.ts is a `TabContent`.
import { element, make } from "./page.js";

/** What is in a tab. */
interface TabContent {
  /** The sections of its panel, which is a `.board`. */
  html: string;
  /** Makes them work; called once, when the tab is first shown. `panel.hidden` tells whether it is shown. */
  start(panel: HTMLElement): void;
}

interface Tab {
  /** Stands behind `#` in the address. */
  id: string;
  title: string;
  load(): Promise<TabContent>;
}

const TABS: readonly [Tab, ...Tab[]] = [
  { id: "incoming", title: "Calls that come in", load: () => import("./incoming/index.js") },
  { id: "outgoing", title: "Calls that go out", load: () => import("./outgoing/index.js") },
];

/** Where the arrow keys lead, as in the ARIA pattern for tabs. */
const STEPS: Record<string, (at: number) => number> = {
  ArrowLeft: (at) => (at + TABS.length - 1) % TABS.length,
  ArrowRight: (at) => (at + 1) % TABS.length,
  Home: () => 0,
  End: () => TABS.length - 1,
};

/** Fills the tab bar, and shows the tab that the address names, or the first. */
export function startTabs(): void {
  const shown = TABS.map((tab) => new ShownTab(tab, choose));
  element("tabs", HTMLElement).append(...shown.map(({ button }) => button));
  element("panels", HTMLElement).append(...shown.map(({ panel }) => panel));

  function choose(tab: Tab): void {
    const isFirst = tab === TABS[0];
    window.history.replaceState(null, "", isFirst ? location.pathname : `#${tab.id}`);
    show(tab);
  }
  function show(tab: Tab): void {
    for (const each of shown) each.show(each.tab === tab);
  }
  function showNamed(): void {
    show(TABS.find(({ id }) => location.hash === `#${id}`) ?? TABS[0]);
  }
  element("tabs", HTMLElement).addEventListener("keydown", (event) => {
    const at = shown.findIndex(({ button }) => button === document.activeElement);
    const next = shown[STEPS[event.key]?.(at) ?? -1];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    next.button.focus();
    choose(next.tab);
  });
  window.addEventListener("hashchange", showNamed);
  showNamed();
}

/** One tab with its panel, which is filled when it is first shown. */
class ShownTab {
  readonly tab: Tab;
  readonly button: HTMLButtonElement;
  readonly panel = make("div", "board");
  #isFilled = false;

  constructor(tab: Tab, onChoice: (tab: Tab) => void) {
    this.tab = tab;
    this.button = make("button", "tab", tab.title);
    this.button.type = "button";
    this.button.id = `tab-${tab.id}`;
    this.button.dataset.testid = this.button.id;
    this.button.setAttribute("role", "tab");
    this.button.addEventListener("click", () => onChoice(tab));
    this.panel.id = `panel-${tab.id}`;
    this.panel.setAttribute("role", "tabpanel");
    this.panel.setAttribute("aria-labelledby", this.button.id);
    this.button.setAttribute("aria-controls", this.panel.id);
  }

  show(isChosen: boolean): void {
    this.button.setAttribute("aria-selected", String(isChosen));
    this.button.tabIndex = isChosen ? 0 : -1;
    this.panel.hidden = !isChosen;
    if (isChosen && !this.#isFilled) void this.#fill();
  }

  async #fill(): Promise<void> {
    this.#isFilled = true;
    try {
      const { html, start } = await this.tab.load();
      this.panel.innerHTML = html;
      start(this.panel);
    } catch (error) {
      this.#isFilled = false;
      this.panel.replaceChildren(make("p", "panel error", `This tab could not be loaded: ${(error as Error).message}`));
    }
  }
}
