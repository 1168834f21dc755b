import { createTimer } from "../timer.ts";
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
export function createSharedPush({ tabs, sender, timings, open, ...listener }: SharedPushParts): Pusher {
  const { environment } = sender;
  const ownId = tabs.newId();
  const guests = new Guests();
  const memory = new Memory();
  let role: "alone" | "joining" | "leading" | "following" = "alone";
  let reader: string | null = null;
  let channel: Channel | null = null;
  /** Gives the lock back, or ends the wait for it. */
  let release: () => void = () => {};
  let wanted: Wanted = NOTHING_WANTED;
  let wantedKeys: ReadonlySet<string> = new Set();
  let isLeft = false;
  let leader: Here | null = null;
  /** The count of the last news that were heard without a gap. */
  let heardCount = 0;
  /** Rises with what this tab tells all; each tab begins elsewhere, so that no two leaders' counts are alike. */
  let newsCount = Math.floor(COUNTS_FROM * environment.random());
  let coveredKeys: ReadonlySet<string> = new Set();
  const pinging = createTimer(environment);
  const answering = createTimer(environment);
  /** What is newly wanted is waited for while it runs, before the poll asks for it. */
  const patience = createTimer(environment);
  const own = open({
    onDelivery(delivery) {
      listener.onDelivery(delivery);
      share(delivery);
    },
    onCover() {
      if (role === "leading") for (const [id, theirs] of guests.all) sayHere(id, theirs);
      if (role !== "following") listener.onCover();
    },
    onReader: readBy,
  });
  const ends = [tabs.onLeave(leave), tabs.onReturn(comeBack)];

  function want(asked: Wanted): void {
    if (isSameWanted(wanted, asked)) return;
    wanted = asked;
    wantedKeys = new Set(asked.refs.map(watchKey));
    follow();
    if (role !== "following") return;
    if (asked.refs.some((ref) => !coveredKeys.has(watchKey(ref)))) {
      patience.set(() => listener.onCover(), timings.floorAfterMs);
    }
    sayWant();
  }

  function share(delivery: Delivery): void {
    memory.take(delivery);
    if (role !== "leading" || guests.all.length === 0) return;
    newsCount += 1;
    sayNews(null, delivery);
  }

  /** Brings this tab's own connection in line with what it is to tell. */
  function follow(): void {
    if (isLeft || role === "following") return own.want(NOTHING_WANTED);
    own.want(role === "leading" ? guests.with(wanted) : wanted);
  }

  function readBy(told: string | null): void {
    if (told === reader || isLeft) return;
    part();
    reader = told;
    if (told === null) return;
    role = "joining";
    channel = tabs.openChannel(NAME + told, (heard) => hear(opened(heard)));
    askForLock({ steal: false });
    join();
  }

  function askForLock({ steal }: { readonly steal: boolean }): void {
    release();
    const abort = new AbortController();
    const isCurrent = (): boolean => release === giveUp;
    let letGo = (): void => {};
    const giveUp = (): void => {
      release = () => {};
      abort.abort();
      letGo();
    };
    release = giveUp;
    const held = (): Promise<void> => {
      if (!isCurrent()) return Promise.resolve();
      const kept = new Promise<void>((resolve) => (letGo = resolve));
      lead();
      return kept;
    };
    const options = steal ? { steal } : { signal: abort.signal };
    tabs.lock(NAME + reader, options, held).catch(() => {
      if (isCurrent()) lost(); // stolen: whoever gave up himself is no more current
    });
  }

  function lead(): void {
    role = "leading";
    forgetLeader();
    post({ say: "lead", from: ownId });
    follow();
    listener.onCover();
  }

  /** Another tab has taken the lock: its own connection goes on until that tab tells everything. */
  function lost(): void {
    role = "joining";
    guests.clear();
    askForLock({ steal: false });
    follow();
    join();
  }

  /** Asks whoever leads, until he tells everything: an answer may be missed, too. */
  function join(): void {
    sayWant();
    pingLater();
  }

  function hear(message: TabMessage | undefined): void {
    switch (message?.say) {
      case "want":
        return role === "leading" ? host(message) : undefined;
      case "here":
        return message.to === ownId && role !== "leading" ? answered(message) : undefined;
      case "lead":
        return role === "leading" ? undefined : sayWant();
      case "leave":
        guests.forget(message.from);
        if (role === "leading") follow();
        else if (message.from === leader?.from) orphaned();
        return;
      case "news":
        if (message.to === null || message.to === ownId) takeNews(message);
    }
  }

  function host({ from: id, wanted: theirs, anew }: Extract<TabMessage, { say: "want" }>): void {
    const isNew = anew || !guests.all.some(([known, last]) => known === id && isContained(theirs, last));
    const nowMs = environment.now();
    guests.hear(id, theirs, nowMs);
    guests.forgetBefore(nowMs - timings.forgetTabMs);
    follow();
    if (isNew) sayNews(id, memory.of(theirs));
    sayHere(id, theirs);
  }

  function sayHere(to: string, { refs }: Wanted): void {
    const covered = refs.map(watchKey).filter((key) => own.covers(key));
    const { isLive, coversList } = own;
    const isVisible = environment.isVisible();
    post({ say: "here", from: ownId, to, isVisible, isLive, covered, coversList, newsCount });
  }

  function answered(here: Here): void {
    answering.stop();
    const isVisible = environment.isVisible();
    if (isVisible && !here.isVisible) return askForLock({ steal: true });
    if (role === "joining" && !here.isLive) return; // a connection of its own may do better
    leader = here;
    coveredKeys = new Set(here.covered);
    if (role !== "following") {
      role = "following";
      follow();
    }
    if (heardCount !== here.newsCount) {
      heardCount = here.newsCount;
      sayWant(true);
    }
    pingLater();
    listener.onCover();
  }

  /** The leading tab leaves, or does not answer: whoever is seen takes its place. */
  function orphaned(): void {
    if (role !== "following") return;
    forgetLeader();
    role = "joining";
    follow();
    pingLater();
    listener.onCover();
  }

  function takeNews({
    delivery,
    from,
    to,
    newsCount: theirCount,
  }: Extract<TabMessage, { say: "news" }>): void {
    if (role === "leading") return;
    if (leader !== null && leader.from !== from) return;
    if (to !== null || heardCount + 1 === theirCount) heardCount = theirCount;
    const isWanted = (ref: WatchRef): boolean => wanted.active || wantedKeys.has(watchKey(ref));
    const { snapshots = [], missing = [], unchanged = [], list, views, serverNowMs } = delivery;
    listener.onDelivery({
      snapshots: snapshots.filter(([ref]) => isWanted(ref)),
      missing: missing.filter((ref) => wantedKeys.has(watchKey(ref))),
      unchanged: unchanged.filter(isWanted),
      ...(list !== undefined && wanted.active ? { list } : {}),
      ...{ views, serverNowMs },
    });
  }

  function sayWant(anew = false): void {
    post({ say: "want", from: ownId, wanted, anew });
  }

  function sayNews(to: string | null, delivery: Delivery): void {
    post({ say: "news", from: ownId, to, delivery, newsCount });
  }

  function pingLater(): void {
    pinging.set(ping, timings.pingMs);
  }

  function ping(): void {
    sayWant();
    pingLater();
    if (!environment.isVisible()) return;
    answering.start(() => {
      if (role !== "following" || !environment.isVisible()) return;
      orphaned();
      askForLock({ steal: true });
    }, timings.answerMs);
  }

  function forgetLeader(): void {
    leader = null;
    coveredKeys = new Set();
    pinging.stop();
    answering.stop();
  }

  /** The client is closed, or the browser stops the page's code: another tab leads, and nothing is left open. */
  function leave(): void {
    isLeft = true;
    part();
    follow();
    own.close();
  }

  function comeBack(): void {
    if (!isLeft) return;
    isLeft = false;
    follow();
  }

  /** Ends all that is shared. */
  function part(): void {
    post({ say: "leave", from: ownId });
    forgetLeader();
    release();
    channel?.close();
    channel = null;
    guests.clear();
    memory.clear();
    reader = null;
    role = "alone";
  }

  function post(message: TabMessage): void {
    channel?.post([NAME, message] satisfies Sealed);
  }

  return {
    get isLive() {
      return role === "following" ? leader?.isLive === true : own.isLive;
    },
    get isRelayed() {
      return role === "following";
    },
    get coversList() {
      if (role !== "following") return own.coversList;
      return leader?.coversList === true || (patience.isSet && wanted.active);
    },
    covers(key) {
      if (role !== "following") return own.covers(key);
      return coveredKeys.has(key) || (patience.isSet && wantedKeys.has(key));
    },
    guests: () => (role === "leading" ? guests.refs : []),
    want,
    share,
    wake() {
      own.wake();
      if (role === "following") ping();
    },
    close() {
      for (const end of ends) end();
      patience.stop();
      leave();
    },
  };
}

const COUNTS_FROM = 2 ** 40;

/** Whether everything of the one is wanted by the other, too. */
function isContained(one: Wanted, other: Wanted): boolean {
  const keys = new Set(other.refs.map(watchKey));
  return (!one.active || other.active) && one.refs.every((ref) => keys.has(watchKey(ref)));
}
