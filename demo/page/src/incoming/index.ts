// Calls that come in. Answers and standings come in, the panels show them.
import { onThemeChange } from "../theme.js";
import { Charts } from "./charts.js";
import { type Decider, server } from "./decider.js";
import { startEngineSwitch } from "./engine-switch.js";
import { Fleet } from "./fleet.js";
import { Gauges } from "./gauges.js";
import { History } from "./history.js";
import { Log } from "./log.js";
import html from "./panel.html?raw";
import { RuleForm } from "./rule-form.js";
import { startSender } from "./sender.js";
import { type Standing, StatePoll } from "./state.js";
import { Verdict } from "./verdict.js";

export { html };

/** Makes the tab work. */
export function start(panel: HTMLElement): void {
  const history = new History();
  const charts = new Charts(history);
  const gauges = new Gauges();
  const log = new Log();
  const fleet = new Fleet();
  const verdict = new Verdict();
  const poll = new StatePoll(() => decider, onState);
  const form = new RuleForm((view) => poll.use(decider.adopt(view)));

  let decider: Decider = server;
  let standing: Standing | undefined;
  let revision: number | undefined;

  function onState(state: Standing | undefined): void {
    standing = state;
    if (state === undefined) verdict.show(undefined, performance.now());
    else if (state.view.revision !== revision) onRule(state);
  }

  function onRule({ view, at }: Standing): void {
    if (revision === undefined) startEngineSwitch(view, decideBy);
    else history.markChange(at);
    revision = view.revision;
    charts.rebuild(view.policies);
    form.show(view);
  }

  /** From here on `chosen` decides, by the rule in force. */
  function decideBy(chosen: Decider): void {
    decider = chosen;
    history.markChange(performance.now());
    if (standing !== undefined) decider.adopt(standing.view);
    void poll.ask();
  }

  function drawFrame(now: number): void {
    requestAnimationFrame(drawFrame);
    if (panel.hidden) return;
    if (standing !== undefined) {
      verdict.show(standing, now);
      gauges.show(standing, now);
    }
    charts.draw(now);
  }

  onThemeChange(() => charts.repaint());
  startSender(
    () => decider.hit(),
    (answer) => {
      history.add(answer, performance.now());
      log.add(answer);
      fleet.add(answer);
      void poll.ask();
    },
  );
  void poll.ask();
  requestAnimationFrame(drawFrame);
}
