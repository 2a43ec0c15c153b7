import { nowMicros } from "../clock.js";
import { type EnginePeers, machines, type PeersNews } from "../machines.js";
import { type Channels, openChannels } from "../redis/channels.js";
import { engineErrors } from "../validate.js";
import { MemberTimer } from "./member-timer.js";
import type { ShareSettings } from "./settings.js";
import { joinerId, nextInTurnId } from "./unique.js";

/** Deadline of a publication, and of a subscription once there is a connection. */
const TIMEOUT_MS = 1_000;
/** Pauses between attempts to join: doubling. */
const FIRST_PAUSE_MICROS = 250_000;
const LONGEST_PAUSE_MICROS = 4_000_000;

/** What is held to a share. */
export interface SharedQueue {
  setShare(shares: readonly number[], concurrency: number): void;
  /** Calls that wait. */
  readonly waiting: number;
}

/** Who is told, and who uses the share. */
export interface ShareHost {
  queues(): Iterable<SharedQueue>;
  share(now: number, was: number): void;
  members(count: number): void;
  fenced(isFenced: boolean): void;
  conflict(ours: string, theirs: string): void;
  error(error: Error): void;
  /** Calls wait, this process has no share, and taking turns is no way out. */
  starved(): void;
}

/** How channels are opened; tests bring their own. */
export type OpenChannels = typeof openChannels;

/** This process's membership in a group that shares a quota: the engine's machine, its two channels and its timer. */
export class SharedQuota {
  readonly #settings: ShareSettings;
  readonly #peers: EnginePeers;
  readonly #channels: Channels;
  readonly #timer = new MemberTimer(() => this.#rung());
  #host: ShareHost | undefined;
  #news: PeersNews;
  /** When to try to join again; undefined once it has. */
  #joinAt: number | undefined;
  #pause = FIRST_PAUSE_MICROS;
  #isSubscribed = false;
  #isFenced = false;
  #members = 1;
  /** When this member takes its turn, while it has no share and calls wait. */
  #turnAt: number | undefined;
  #isFailing = false;
  #isClosed = false;

  /** @throws TollgateError where the settings cannot be used. */
  constructor(settings: ShareSettings, open: OpenChannels = openChannels) {
    this.#settings = settings;
    this.#peers = engineErrors(() => machines.createPeers(settings.peers, joinerId()));
    this.#peers.begin(nowMicros(), wallMicros());
    this.#news = this.#take();
    this.#channels = open({ redis: settings.redis, timeoutMs: TIMEOUT_MS, onError: (error) => this.#failed(error) });
  }

  /** Begins to join. */
  start(host: ShareHost): void {
    this.#host = host;
    this.#channels.on("up", () => this.#subscribed());
    this.#setTimer();
    void this.#join();
  }

  /** What this process may use of each policy. */
  get shares(): readonly number[] {
    return this.#news.shares;
  }

  get concurrency(): number {
    return this.#news.concurrency;
  }

  /** Processes in the group, this one included; while it is cut off, those of the time before. */
  get members(): number {
    return this.#members;
  }

  /** Whether the share is in force, whatever it is. */
  get isReady(): boolean {
    return this.#news.ready;
  }

  /** Messages on the channels that were none of the group's. */
  get ignored(): number {
    return this.#news.ignored;
  }

  /** To be called before each use of the share: a deadline may have passed before its timer has fired. */
  check(): void {
    if (!this.#peers.stands(nowMicros(), wallMicros())) this.#advance();
  }

  /** Leaves the group, and tells it. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer.end();
    this.#peers.close();
    const farewells = this.#apply(this.#take()).map(([isMain, message]) => this.#publish(isMain, message));
    await Promise.all(farewells);
    await this.#channels.close();
  }

  async #join(): Promise<void> {
    this.#joinAt = undefined;
    const { channel } = this.#settings;
    try {
      await Promise.all([
        this.#channels.subscribe(channel, (message) => this.#heard(true, message)),
        this.#channels.subscribe(extension(channel), (message) => this.#heard(false, message)),
      ]);
      this.#isSubscribed = true;
      this.#subscribed();
    } catch (error) {
      this.#joinFailed(error as Error);
    }
  }

  #joinFailed(error: Error): void {
    if (this.#isClosed) return;
    this.#host?.error(error);
    this.#joinAt = nowMicros() + this.#pause;
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MICROS);
    this.#setTimer();
  }

  #subscribed(): void {
    if (!this.#isSubscribed || this.#isClosed) return;
    this.#peers.subscribed(nowMicros(), wallMicros());
    this.#advance();
  }

  #heard(isMain: boolean, message: string): void {
    if (this.#isClosed) return;
    this.#peers.message(isMain, message, nowMicros(), wallMicros());
    this.#advance();
  }

  #rung(): void {
    const now = nowMicros();
    if (this.#joinAt !== undefined && now >= this.#joinAt) void this.#join();
    if (this.#turnAt !== undefined && now >= this.#turnAt && this.#isLeftOut()) {
      this.#turnAt = undefined;
      this.#peers.rename(nextInTurnId(), now, wallMicros());
    }
    this.#advance();
  }

  /** Lets time pass, and does what has come of it. */
  #advance(): void {
    if (this.#isClosed) return;
    for (const [isMain, message] of this.#apply(this.#take())) void this.#publish(isMain, message);
    this.#mindTurn();
    this.#setTimer();
  }

  #take(): PeersNews {
    return JSON.parse(this.#peers.drain(nowMicros(), wallMicros())) as PeersNews;
  }

  /** Holds the queues to what is new, and tells it; what is to be published. */
  #apply(news: PeersNews): PeersNews["send"] {
    const { shares, concurrency } = this.#news;
    this.#news = news;
    const isOther = news.concurrency !== concurrency || news.shares.some((share, i) => share !== shares[i]);
    if (isOther) for (const queue of this.#host?.queues() ?? []) queue.setShare(this.shares, this.concurrency);
    if (isOther) this.#host?.share(mainShare(news), mainShare({ shares, concurrency }));
    for (const { fenced, ours, theirs } of news.events) {
      if (fenced !== undefined) this.#fenced(fenced);
      if (ours !== undefined && theirs !== undefined) this.#host?.conflict(ours, theirs);
    }
    this.#count(news.members);
    return news.send;
  }

  /** Who is cut off misses all others, and knows nothing of how many there are. */
  #count(members: number): void {
    if (this.#isFenced || members === this.#members) return;
    this.#members = members;
    this.#host?.members(members);
  }

  #fenced(isFenced: boolean): void {
    this.#isFenced = isFenced;
    this.#host?.fenced(isFenced);
  }

  async #publish(isMain: boolean, message: string): Promise<void> {
    const { channel } = this.#settings;
    try {
      const reached = await this.#channels.publish(isMain ? channel : extension(channel), message);
      this.#isFailing = false;
      if (!isMain || reached === undefined || this.#isClosed) return;
      this.#peers.published(reached, nowMicros(), wallMicros());
      this.#advance();
    } catch (error) {
      this.#failed(error as Error);
    }
  }

  /** One error for each outage. */
  #failed(error: Error): void {
    if (!this.#isFailing && !this.#isClosed) this.#host?.error(error);
    this.#isFailing = true;
  }

  #isLeftOut(): boolean {
    const { ready, shares, concurrency } = this.#news;
    if (!ready || this.#isFenced || (concurrency > 0 && !shares.includes(0))) return false;
    for (const queue of this.#host?.queues() ?? []) if (queue.waiting > 0) return true;
    return false;
  }

  /** Plans when to take a turn, where there is not enough for everybody. */
  #mindTurn(): void {
    if (!this.#isLeftOut()) {
      this.#turnAt = undefined;
      return;
    }
    if (this.#turnAt !== undefined) return;
    const patience = this.#peers.patience(Math.random());
    if (patience < 0) this.#host?.starved();
    else this.#turnAt = nowMicros() + patience;
  }

  #setTimer(): void {
    const due = [this.#news.next, this.#joinAt, this.#turnAt].filter((at) => at !== undefined && at >= 0);
    this.#timer.set(Math.min(...(due as number[])));
  }
}

/** The share that events tell: that of the first policy, or of the concurrency where there is none. */
function mainShare({ shares, concurrency }: Pick<PeersNews, "shares" | "concurrency">): number {
  return shares[0] ?? concurrency;
}

/** The channel of joins and leaves, which p-ratelimit does not hear. */
function extension(channel: string): string {
  return `${channel}:x`;
}

function wallMicros(): number {
  return Date.now() * 1000;
}
