import type { ClientTimings } from "../transport/client-timings.ts";
import { NOTHING_WANTED, type Delivery, type Wanted } from "../transport/delivery.ts";
import { isSameWanted } from "../transport/link.ts";
import type { Pusher, PushListener } from "../transport/pusher.ts";
import type { Sender } from "../sender.ts";
import { watchKey, type WatchRef } from "../watched-job.ts";
import { Guests } from "./guests.ts";
import { Memory } from "./memory.ts";
import { NAME, opened, type Sealed, type TabMessage } from "./tab-message.ts";
import type { Channel, Tabs } from "./tabs.ts";

export interface SharedPushParts {
  readonly tabs: Tabs;
  readonly sender: Sender;
  readonly timings: ClientTimings;
  /** Makes this tab's own push. */
  readonly open: (listener: PushListener) => Pusher;
  onDelivery(delivery: Delivery): void;
  onCover(): void;
}

type Here = Extract<TabMessage, { say: "here" }>;

/**
 * One connection for all tabs of a browser that have the same reader.
 *
 * ```
 * alone ──the server names the reader──▶ joining ──the leading tab answers──▶ following (own connection closed)
 *   ▲                                      │  ▲                                   │
 *   │                              the lock│  │the lock was stolen   no answer in 5 s, or the leading tab is hidden
 *   │                                      ▼  │                      and this one is not: the lock is stolen
 *   └──freeze, pagehide; another reader── leading ◀───────────────────────────────┘
 * ```
 *
 * A tab that joins has a connection of its own until another tells it everything: nobody waits for somebody who may be
 * gone.
 */
export class SharedPush implements Pusher {
  readonly #parts: SharedPushParts;
  readonly #own: Pusher;
  readonly #id: string;
  readonly #guests = new Guests();
  readonly #memory = new Memory();
  readonly #endLeave: () => void;
  readonly #endReturn: () => void;
  #role: "alone" | "joining" | "leading" | "following" = "alone";
  #reader: string | null = null;
  #channel: Channel | null = null;
  /** Gives the lock back, or ends the wait for it. */
  #release: () => void = () => {};
  #wanted: Wanted = NOTHING_WANTED;
  #wantedKeys: ReadonlySet<string> = new Set();
  #isLeft = false;
  #here: Here | null = null;
  /** The count of the last news that were heard without a gap. */
  #heardCount = 0;
  /** Rises with what this tab tells all; each tab begins elsewhere, so that no two leaders' counts are alike. */
  #newsCount: number;
  #coveredKeys: ReadonlySet<string> = new Set();
  #patienceUntilMs = 0;
  #cancelPing: (() => void) | null = null;
  #cancelAnswer: (() => void) | null = null;
  #cancelPatience: (() => void) | null = null;

  constructor(parts: SharedPushParts) {
    this.#parts = parts;
    this.#id = parts.tabs.newId();
    this.#newsCount = Math.floor(COUNTS_FROM * parts.sender.environment.random());
    this.#own = parts.open({
      onDelivery: (delivery) => this.#told(delivery),
      onCover: () => this.#covered(),
      onReader: (reader) => this.#readBy(reader),
    });
    this.#endLeave = parts.tabs.onLeave(() => this.#leave());
    this.#endReturn = parts.tabs.onReturn(() => this.#return());
  }

  get isLive(): boolean {
    return this.#role === "following" ? this.#here?.isLive === true : this.#own.isLive;
  }

  get isRelayed(): boolean {
    return this.#role === "following";
  }

  get coversList(): boolean {
    if (this.#role !== "following") return this.#own.coversList;
    return this.#here?.coversList === true || (this.#isPatient && this.#wanted.active);
  }

  covers(key: string): boolean {
    if (this.#role !== "following") return this.#own.covers(key);
    return this.#coveredKeys.has(key) || (this.#isPatient && this.#wantedKeys.has(key));
  }

  guests(): readonly WatchRef[] {
    return this.#role === "leading" ? this.#guests.refs : [];
  }

  want(wanted: Wanted): void {
    if (isSameWanted(this.#wanted, wanted)) return;
    this.#wanted = wanted;
    this.#wantedKeys = new Set(wanted.refs.map(watchKey));
    this.#follow();
    if (this.#role !== "following") return;
    if (wanted.refs.some((ref) => !this.#coveredKeys.has(watchKey(ref)))) this.#waitPatiently();
    this.#sayWant();
  }

  share(delivery: Delivery): void {
    this.#memory.take(delivery);
    if (this.#role !== "leading" || this.#guests.all.length === 0) return;
    this.#newsCount += 1;
    this.#sayNews(null, delivery);
  }

  wake(): void {
    this.#own.wake();
    if (this.#role === "following") this.#ping();
  }

  close(): void {
    this.#endLeave();
    this.#endReturn();
    this.#cancelPatience?.();
    this.#leave();
  }

  /** Brings this tab's own connection in line with what it is to tell. */
  #follow(): void {
    if (this.#isLeft || this.#role === "following") return this.#own.want(NOTHING_WANTED);
    this.#own.want(this.#role === "leading" ? this.#guests.with(this.#wanted) : this.#wanted);
  }

  #readBy(reader: string | null): void {
    if (reader === this.#reader || this.#isLeft) return;
    this.#part();
    this.#reader = reader;
    if (reader === null) return;
    this.#role = "joining";
    this.#channel = this.#parts.tabs.openChannel(NAME + reader, (heard) => this.#hear(opened(heard)));
    this.#askForLock({ steal: false });
    this.#join();
  }

  #askForLock({ steal }: { readonly steal: boolean }): void {
    this.#release();
    const abort = new AbortController();
    const isCurrent = (): boolean => this.#release === release;
    let letGo = (): void => {};
    const release = (): void => {
      this.#release = () => {};
      abort.abort();
      letGo();
    };
    this.#release = release;
    const held = (): Promise<void> => {
      if (!isCurrent()) return Promise.resolve();
      const kept = new Promise<void>((resolve) => (letGo = resolve));
      this.#lead();
      return kept;
    };
    const options = steal ? { steal } : { signal: abort.signal };
    this.#parts.tabs.lock(NAME + this.#reader, options, held).catch(() => {
      if (isCurrent()) this.#lost(); // stolen: whoever gave up himself is no more current
    });
  }

  #lead(): void {
    this.#role = "leading";
    this.#forgetLeader();
    this.#post({ say: "lead", from: this.#id });
    this.#follow();
    this.#parts.onCover();
  }

  /** Another tab has taken the lock: its own connection goes on until that tab tells everything. */
  #lost(): void {
    this.#role = "joining";
    this.#guests.clear();
    this.#askForLock({ steal: false });
    this.#follow();
    this.#join();
  }

  /** Asks whoever leads, until he tells everything: an answer may be missed, too. */
  #join(): void {
    this.#sayWant();
    this.#pingLater();
  }

  #hear(message: TabMessage | undefined): void {
    switch (message?.say) {
      case "want":
        return this.#role === "leading" ? this.#host(message) : undefined;
      case "here":
        return message.to === this.#id && this.#role !== "leading" ? this.#answered(message) : undefined;
      case "lead":
        return this.#role === "leading" ? undefined : this.#sayWant();
      case "leave":
        this.#guests.forget(message.from);
        if (this.#role === "leading") this.#follow();
        else if (message.from === this.#here?.from) this.#orphaned();
        return;
      case "news":
        if (message.to === null || message.to === this.#id) this.#takeNews(message);
    }
  }

  #host({ from: id, wanted, anew }: Extract<TabMessage, { say: "want" }>): void {
    const isNew =
      anew || !this.#guests.all.some(([known, last]) => known === id && isContained(wanted, last));
    const nowMs = this.#now();
    this.#guests.hear(id, wanted, nowMs);
    this.#guests.forgetBefore(nowMs - this.#parts.timings.forgetTabMs);
    this.#follow();
    if (isNew) this.#sayNews(id, this.#memory.of(wanted));
    this.#sayHere(id, wanted);
  }

  #sayHere(to: string, wanted: Wanted): void {
    const covered = wanted.refs.map(watchKey).filter((key) => this.#own.covers(key));
    const { isLive, coversList } = this.#own;
    const isVisible = this.#parts.sender.environment.isVisible();
    const newsCount = this.#newsCount;
    this.#post({ say: "here", from: this.#id, to, isVisible, isLive, covered, coversList, newsCount });
  }

  #answered(here: Here): void {
    this.#cancelAnswer?.();
    this.#cancelAnswer = null;
    const isVisible = this.#parts.sender.environment.isVisible();
    if (isVisible && !here.isVisible) return this.#askForLock({ steal: true });
    if (this.#role === "joining" && !here.isLive) return; // a connection of its own may do better
    this.#here = here;
    this.#coveredKeys = new Set(here.covered);
    if (this.#role !== "following") {
      this.#role = "following";
      this.#follow();
    }
    if (this.#heardCount !== here.newsCount) {
      this.#heardCount = here.newsCount;
      this.#sayWant(true);
    }
    this.#pingLater();
    this.#parts.onCover();
  }

  /** The leading tab leaves, or does not answer: whoever is seen takes its place. */
  #orphaned(): void {
    if (this.#role !== "following") return;
    this.#forgetLeader();
    this.#role = "joining";
    this.#follow();
    this.#pingLater();
    this.#parts.onCover();
  }

  #takeNews({ delivery, from, to, newsCount }: Extract<TabMessage, { say: "news" }>): void {
    if (this.#role === "leading") return;
    if (this.#here !== null && this.#here.from !== from) return;
    if (to !== null || this.#heardCount + 1 === newsCount) this.#heardCount = newsCount;
    const isWanted = (ref: WatchRef): boolean => this.#wanted.active || this.#wantedKeys.has(watchKey(ref));
    const { snapshots = [], missing = [], unchanged = [], list, serverNowMs } = delivery;
    this.#parts.onDelivery({
      snapshots: snapshots.filter(([ref]) => isWanted(ref)),
      missing: missing.filter((ref) => this.#wantedKeys.has(watchKey(ref))),
      unchanged: unchanged.filter(isWanted),
      ...(list !== undefined && this.#wanted.active ? { list } : {}),
      serverNowMs,
    });
  }

  #told(delivery: Delivery): void {
    this.#parts.onDelivery(delivery);
    this.share(delivery);
  }

  #covered(): void {
    if (this.#role === "leading") for (const [id, wanted] of this.#guests.all) this.#sayHere(id, wanted);
    if (this.#role !== "following") this.#parts.onCover();
  }

  #sayWant(anew = false): void {
    this.#post({ say: "want", from: this.#id, wanted: this.#wanted, anew });
  }

  #sayNews(to: string | null, delivery: Delivery): void {
    this.#post({ say: "news", from: this.#id, to, delivery, newsCount: this.#newsCount });
  }

  #pingLater(): void {
    const { sender, timings } = this.#parts;
    this.#cancelPing?.();
    this.#cancelPing = sender.environment.setTimer(() => this.#ping(), timings.pingMs);
  }

  #ping(): void {
    const { sender, timings } = this.#parts;
    this.#sayWant();
    this.#pingLater();
    if (!sender.environment.isVisible()) return;
    this.#cancelAnswer ??= sender.environment.setTimer(() => {
      this.#cancelAnswer = null;
      if (this.#role !== "following" || !sender.environment.isVisible()) return;
      this.#orphaned();
      this.#askForLock({ steal: true });
    }, timings.answerMs);
  }

  #forgetLeader(): void {
    this.#here = null;
    this.#coveredKeys = new Set();
    this.#cancelPing?.();
    this.#cancelAnswer?.();
    this.#cancelPing = null;
    this.#cancelAnswer = null;
  }

  /** The client is closed, or the browser stops the page's code: another tab leads, and nothing is left open. */
  #leave(): void {
    this.#isLeft = true;
    this.#part();
    this.#follow();
    this.#own.close();
  }

  #return(): void {
    if (!this.#isLeft) return;
    this.#isLeft = false;
    this.#follow();
  }

  /** Ends all that is shared. */
  #part(): void {
    this.#post({ say: "leave", from: this.#id });
    this.#forgetLeader();
    this.#release();
    this.#channel?.close();
    this.#channel = null;
    this.#guests.clear();
    this.#memory.clear();
    this.#reader = null;
    this.#role = "alone";
  }

  #post(message: TabMessage): void {
    this.#channel?.post([NAME, message] satisfies Sealed);
  }

  #waitPatiently(): void {
    const { sender, timings } = this.#parts;
    this.#patienceUntilMs = this.#now() + timings.floorAfterMs;
    this.#cancelPatience?.();
    this.#cancelPatience = sender.environment.setTimer(() => {
      this.#cancelPatience = null;
      this.#parts.onCover();
    }, timings.floorAfterMs);
  }

  get #isPatient(): boolean {
    return this.#now() < this.#patienceUntilMs;
  }

  #now(): number {
    return this.#parts.sender.environment.now();
  }
}

const COUNTS_FROM = 2 ** 40;

/** Whether everything of the one is wanted by the other, too. */
function isContained(one: Wanted, other: Wanted): boolean {
  const keys = new Set(other.refs.map(watchKey));
  return (!one.active || other.active) && one.refs.every((ref) => keys.has(watchKey(ref)));
}
