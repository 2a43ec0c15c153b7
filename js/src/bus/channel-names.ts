/** What has a meaning in patterns of Redis. */
const GLOB = /[\\?*[\]^]/g;

/** How the topics of one bus are called as channels: `<prefix>:bus:<name, percent-encoded>:<topic>`. */
export class ChannelNames {
  #head: string;

  constructor(prefix: string, name: string) {
    this.#head = `${prefix}:bus:${encodeURIComponent(name)}:`;
  }

  channel(topic: string): string {
    return this.#head + topic;
  }

  /** The pattern of Redis for the channels of a pattern of topics: there `*` alone means something. */
  pattern(topics: string): string {
    return escaped(this.#head) + topics.split("*").map(escaped).join("*");
  }

  topic(channel: string): string {
    return channel.slice(this.#head.length);
  }
}

function escaped(text: string): string {
  return text.replace(GLOB, "\\$&");
}
