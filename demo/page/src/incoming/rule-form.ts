// The rule's fields: what is asked for, and what the server says about it.

import { element, setText } from "../page.js";
import { windowText } from "../time-text.js";
import { type Algorithm, changeRule, type PolicyView, RuleRefused, type RuleView } from "./api.js";
import { guarantee } from "./guarantee.js";

const FIELDS = {
  algorithm: "rule-algorithm",
  limit: "rule-limit",
  window: "rule-window",
  cost: "rule-cost",
  burst: "rule-burst",
  second: "second-rate",
} as const;
type Field = keyof typeof FIELDS;

/** The form that changes the rule. */
export class RuleForm {
  #algorithm = element(FIELDS.algorithm, HTMLSelectElement);
  #limit = element(FIELDS.limit, HTMLInputElement);
  #window = element(FIELDS.window, HTMLInputElement);
  #cost = element(FIELDS.cost, HTMLInputElement);
  #burst = element(FIELDS.burst, HTMLInputElement);
  #burstField = element("burst-field", HTMLElement);
  #secondOn = element("second-on", HTMLInputElement);
  #second = element(FIELDS.second, HTMLInputElement);
  #guarantee = element("guarantee", HTMLElement);
  #formError = element("rule-error", HTMLElement);
  #applyState = element("apply-state", HTMLElement);
  #onApplied: (view: RuleView) => void;
  #edited = false;

  /** `onApplied` gets the rule as the server took it. */
  constructor(onApplied: (view: RuleView) => void) {
    this.#onApplied = onApplied;
    const form = element("rule", HTMLFormElement);
    form.addEventListener("input", () => this.#onInput());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#apply();
    });
  }

  /** Shows a rule, unless the visitor is about to write another. */
  show({ policies: [first, second], cost }: RuleView): void {
    if (this.#edited || first === undefined) return;
    this.#algorithm.value = first.algorithm;
    this.#limit.value = String(first.limit);
    this.#window.value = windowText(first.window);
    this.#cost.value = String(cost);
    this.#burst.value = first.burst === undefined ? "" : String(first.burst);
    this.#secondOn.checked = second !== undefined;
    if (second !== undefined) this.#second.value = rateText(second);
    this.#refresh();
  }

  #onInput(): void {
    this.#edited = true;
    setText(this.#applyState, "Not in force yet.");
    this.#refresh();
  }

  /** Makes what depends on other fields follow them. */
  #refresh(): void {
    const { value } = this.#algorithm;
    const typed = { limit: this.#limit.value, window: this.#window.value, burst: this.#burst.value };
    this.#burstField.hidden = value !== "token-bucket";
    this.#second.disabled = !this.#secondOn.checked;
    setText(this.#guarantee, guarantee(value as Algorithm, typed));
  }

  async #apply(): Promise<void> {
    this.#clearErrors();
    try {
      const view = await changeRule(this.#asked());
      this.#edited = false;
      setText(this.#applyState, "In force.");
      this.#onApplied(view);
    } catch (error) {
      setText(this.#applyState, "");
      if (error instanceof RuleRefused) this.#showError(error);
      else this.#showText(this.#formError, "The server did not answer; the rule is unchanged.");
    }
  }

  /** What was typed. The server judges it, so a text that is no number goes as it is. */
  #asked(): { policies: unknown[]; cost: unknown } {
    const burst = this.#algorithm.value === "token-bucket" && this.#burst.value.trim() !== "";
    const first = {
      algorithm: this.#algorithm.value,
      limit: numberOrText(this.#limit.value),
      window: numberOrText(this.#window.value),
      ...(burst && { burst: numberOrText(this.#burst.value) }),
    };
    const second = this.#secondOn.checked ? [this.#second.value.trim()] : [];
    return { policies: [first, ...second], cost: numberOrText(this.#cost.value) };
  }

  #showError({ message, hint }: RuleRefused): void {
    const field = fieldOf(message);
    if (field === undefined) {
      this.#showText(this.#formError, `${message}. ${hint}`);
      return;
    }
    const input = element(FIELDS[field], HTMLElement);
    input.setAttribute("aria-invalid", "true");
    this.#showText(element(`${FIELDS[field]}-error`, HTMLElement), withoutField(message));
    input.focus();
  }

  #showText(place: HTMLElement, text: string): void {
    place.hidden = false;
    setText(place, text);
  }

  #clearErrors(): void {
    this.#formError.hidden = true;
    for (const id of Object.values(FIELDS)) {
      element(id, HTMLElement).removeAttribute("aria-invalid");
      element(`${id}-error`, HTMLElement).hidden = true;
    }
  }
}

/** The field that a message begins with: `policies[0].limit: 0 is not allowed; …`. */
function fieldOf(message: string): Field | undefined {
  const [path = ""] = message.split(":");
  if (path.startsWith("policies[1]")) return "second";
  const name = path.replace("policies[0].", "");
  return name in FIELDS && name !== "second" ? (name as Field) : undefined;
}

function withoutField(message: string): string {
  const text = message.slice(message.indexOf(":") + 1).trim();
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function numberOrText(text: string): number | string {
  const trimmed = text.trim();
  return /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : trimmed;
}

function rateText({ limit, window }: PolicyView): string {
  return `${limit} per ${windowText(window)}`;
}
