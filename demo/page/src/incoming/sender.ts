// Sends requests: one, many at once, or so many a second.

import { bounded } from "../number-field.js";
import { element, setText } from "../page.js";
import type { Answer } from "./api.js";

/** A page that was asleep does not make up for more than this. */
const LONGEST_LAG_MS = 250;
const TICK_MS = 20;

/** Makes the buttons work; `hit` asks to go, and `onAnswer` gets every answer as it comes. */
export function startSender(hit: () => Promise<Answer>, onAnswer: (answer: Answer) => void): void {
  const burstSize = element("burst-size", HTMLInputElement);
  const send = async () => {
    const answer = await hit();
    onAnswer(answer);
    return answer;
  };
  element("send-one", HTMLButtonElement).addEventListener("click", async () => tell("One request", [await send()]));
  element("send-burst", HTMLButtonElement).addEventListener("click", async () => {
    const size = bounded(burstSize);
    tell(`Burst of ${size}`, await Promise.all(Array.from({ length: size }, send)));
  });
  startSteady(send);
}

function startSteady(send: () => Promise<Answer>): void {
  const button = element("steady", HTMLButtonElement);
  const rate = element("steady-rate", HTMLInputElement);
  let answers: Promise<Answer>[] = [];
  let timer: number | undefined;

  const start = () => {
    answers = [];
    let sentUntil = performance.now();
    setText(element("outcome", HTMLElement), `Sending ${bounded(rate)} a second.`);
    timer = window.setInterval(() => {
      const now = performance.now();
      const step = 1000 / bounded(rate);
      sentUntil = Math.max(sentUntil, now - LONGEST_LAG_MS - step);
      for (; sentUntil + step <= now; sentUntil += step) answers.push(send());
    }, TICK_MS);
  };
  const stop = async () => {
    window.clearInterval(timer);
    timer = undefined;
    tell("Steady", await Promise.all(answers));
  };
  rate.addEventListener("change", () => {
    if (timer !== undefined) setText(element("outcome", HTMLElement), `Sending ${bounded(rate)} a second.`);
  });
  button.addEventListener("click", () => {
    if (timer === undefined) start();
    else void stop();
    button.setAttribute("aria-pressed", String(timer !== undefined));
    setText(button, timer === undefined ? "Start steady" : "Stop steady");
  });
}

/** Says how it went, to those who see and to those who listen. */
function tell(what: string, answers: Answer[]): void {
  const count = (wanted: (status: number) => boolean) => answers.filter(({ status }) => wanted(status)).length;
  const allowed = count((status) => status === 200);
  const refused = count((status) => status === 429);
  const failed = answers.length - allowed - refused;
  const others = failed > 0 ? `, ${failed} without a proper answer` : "";
  setText(element("outcome", HTMLElement), `${what}: ${allowed} allowed, ${refused} refused${others}.`);
}
