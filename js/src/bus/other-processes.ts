import type { Channels } from "../redis/channels.js";
import type { ChannelNames } from "./channel-names.js";
import { drawOrigin, opened, sealed } from "./envelope.js";
import { Message } from "./message.js";
import { Seen } from "./seen.js";

/** Told of messages from other processes. */
export interface Arrivals {
  /** A message for those who have subscribed to `subscribed`: a topic, or a pattern that fits its topic. */
  arrived(subscribed: string, message: Message): void;
  /** Something came that is no message. */
  broken(): void;
}

/** One subscription, whoever here has asked for it. */
interface Heard {
  users: number;
  seen: Seen;
  inForce: Promise<() => Promise<void>>;
}

/** The part of a bus that reaches other processes. */
export class OtherProcesses {
  #channels: Channels;
  #names: ChannelNames;
  #arrivals: Arrivals;
  #heard = new Map<string, Heard>();
  #origin: string | undefined;
  #sent = 0;

  constructor(channels: Channels, names: ChannelNames, arrivals: Arrivals) {
    this.#channels = channels;
    this.#names = names;
    this.#arrivals = arrivals;
  }

  async send({ topic, json }: Message): Promise<void> {
    this.#origin ??= drawOrigin();
    const text = sealed({ origin: this.#origin, number: ++this.#sent, json });
    await this.#channels.publish(this.#names.channel(topic), text);
  }

  /** Resolves when messages of a topic, or of a pattern, are heard. Where it rejects there is nothing to leave. */
  async hear(topic: string): Promise<void> {
    const heard = this.#heard.get(topic) ?? this.#subscribe(topic);
    heard.users++;
    try {
      await heard.inForce;
    } catch (error) {
      if (this.#heard.get(topic) === heard) this.#heard.delete(topic);
      throw error;
    }
  }

  /** The opposite of `hear`, as often. */
  async leave(topic: string): Promise<void> {
    const heard = this.#heard.get(topic);
    if (heard === undefined || --heard.users > 0) return;
    this.#heard.delete(topic);
    const end = await heard.inForce;
    await end();
  }

  close(): Promise<void> {
    return this.#channels.close();
  }

  #subscribe(topic: string): Heard {
    const seen = new Seen();
    const listener = (text: string, channel: string) => this.#receive(topic, seen, text, channel);
    const inForce = topic.includes("*")
      ? this.#channels.psubscribe(this.#names.pattern(topic), listener)
      : this.#channels.subscribe(this.#names.channel(topic), listener);
    const heard = { users: 0, seen, inForce };
    this.#heard.set(topic, heard);
    return heard;
  }

  #receive(subscribed: string, seen: Seen, text: string, channel: string): void {
    const envelope = opened(text);
    if (envelope?.origin === this.#origin && envelope !== undefined) return;
    const message = envelope && Message.from(this.#names.topic(channel), envelope.json);
    if (envelope === undefined || message === undefined) this.#arrivals.broken();
    else if (seen.isNew(envelope.origin, envelope.number)) this.#arrivals.arrived(subscribed, message);
  }
}
