import { optionError } from "../errors.js";
import { dataAsJson } from "../presence/text.js";

/** Longest message, in UTF-16 code units of its JSON. */
export const MAX_JSON = 1_048_576;

/** A message; each subscriber gets a copy of its data. */
export class Message {
  readonly topic: string;
  readonly json: string;
  /** Data that was read already and that nobody has. */
  #fresh: { data: unknown } | undefined;

  private constructor(topic: string, json: string, fresh: { data: unknown } | undefined) {
    this.topic = topic;
    this.json = json;
    this.#fresh = fresh;
  }

  /**
   * A message to send.
   *
   * @throws TollgateError `CONFIG_DATA` where JSON cannot say it, or only in too many characters.
   */
  static of(topic: string, data: unknown): Message {
    const json = dataAsJson(data);
    if (json.length <= MAX_JSON) return new Message(topic, json, undefined);
    const given = `${json.length} characters of JSON`;
    throw optionError("CONFIG_DATA", "data", given, `at most ${MAX_JSON} characters of JSON`);
  }

  /** A message from elsewhere; undefined where it is no JSON, or too much of it. */
  static from(topic: string, json: string): Message | undefined {
    if (json.length > MAX_JSON) return undefined;
    try {
      return new Message(topic, json, { data: JSON.parse(json) });
    } catch {
      return undefined;
    }
  }

  copy(): unknown {
    const fresh = this.#fresh ?? { data: JSON.parse(this.json) };
    this.#fresh = undefined;
    return fresh.data;
  }
}
