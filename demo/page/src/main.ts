// Puts the page together: answers and standings come in, the panels show them.
import "../styles/tokens.css";
import "../styles/layout.css";
import "../styles/controls.css";
import "../styles/panels.css";
import "../styles/tabs.css";
import "../styles/presence.css";
import "../styles/quota.css";
import { Charts } from "./charts.js";
import { type Decider, server } from "./decider.js";
import { startEngineSwitch } from "./engine-switch.js";
import { Fleet } from "./fleet.js";
import { Gauges } from "./gauges.js";
import { History } from "./history.js";
import { Log } from "./log.js";
import { startPresence } from "./presence/presence-tab.js";
import { startQuota } from "./quota/quota-tab.js";
import { RuleForm } from "./rule-form.js";
import { startSender } from "./sender.js";
import { type Standing, StatePoll } from "./state.js";
import { startTabs } from "./tabs.js";
import { startTheme } from "./theme.js";
import { showVerdict } from "./verdict.js";

const history = new History();
const charts = new Charts(history);
const gauges = new Gauges();
const log = new Log();
const fleet = new Fleet();
const poll = new StatePoll(() => decider, onState);
const form = new RuleForm((view) => poll.use(decider.adopt(view)));

let decider: Decider = server;
let standing: Standing | undefined;
let revision: number | undefined;

function onState(state: Standing | undefined): void {
  standing = state;
  if (state === undefined) showVerdict(undefined, performance.now());
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
  if (standing !== undefined) {
    showVerdict(standing, now);
    gauges.show(standing, now);
  }
  charts.draw(now);
  requestAnimationFrame(drawFrame);
}

let repaintQuota = () => {};
startTheme(() => {
  charts.repaint();
  repaintQuota();
});
startTabs({
  presence: startPresence,
  quota: () => {
    repaintQuota = startQuota();
  },
});
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
