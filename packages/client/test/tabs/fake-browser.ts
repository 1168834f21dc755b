import type { Channel, LockOptions, Tabs } from "../../src/tabs/tabs.ts";

interface Waiting {
  readonly tab: FakeTab;
  readonly held: () => Promise<void>;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

const aborted = (): DOMException => new DOMException("stolen or no more wanted", "AbortError");

/** Locks and channels of one browser, as the standards have them: locks are had in turn, or stolen. */
export class FakeBrowser {
  readonly #holders = new Map<string, Waiting>();
  readonly #queues = new Map<string, Waiting[]>();
  readonly #channels = new Map<string, Set<FakeChannel>>();
  #ids = 0;

  openTab(): FakeTab {
    return new FakeTab(this);
  }

  newId(): string {
    this.#ids += 1;
    return `tab-${this.#ids}`;
  }

  /** Which tab holds a lock, of all names. */
  get holders(): readonly FakeTab[] {
    return [...this.#holders.values()].map(({ tab }) => tab);
  }

  get channelNames(): readonly string[] {
    return [...this.#channels.keys()];
  }

  get openChannels(): number {
    return [...this.#channels.values()].reduce((sum, channels) => sum + channels.size, 0);
  }

  ask(tab: FakeTab, name: string, { steal, signal }: LockOptions, held: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { tab, held, resolve, reject };
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, queue);
      if (steal === true) {
        const holder = this.#holders.get(name);
        this.#holders.delete(name);
        queue.unshift(waiting);
        holder?.tab.run(() => holder.reject(aborted()));
      } else {
        if (signal?.aborted === true) return reject(aborted());
        queue.push(waiting);
        signal?.addEventListener("abort", () => {
          const at = queue.indexOf(waiting);
          if (at < 0) return;
          queue.splice(at, 1);
          reject(aborted());
        });
      }
      this.#grant(name);
    });
  }

  #grant(name: string): void {
    if (this.#holders.has(name)) return;
    const next = this.#queues.get(name)?.shift();
    if (next === undefined) return;
    this.#holders.set(name, next);
    next.tab.run(() => {
      void next.held().then(() => {
        if (this.#holders.get(name) !== next) return;
        this.#holders.delete(name);
        next.resolve();
        this.#grant(name);
      });
    });
  }

  channelsOf(name: string): Set<FakeChannel> {
    const channels = this.#channels.get(name) ?? new Set();
    this.#channels.set(name, channels);
    return channels;
  }
}

interface FakeChannel {
  readonly tab: FakeTab;
  readonly onMessage: (message: unknown) => void;
}

/** One tab. While it is stopped, what others do reaches it only afterwards. */
export class FakeTab implements Tabs {
  readonly #browser: FakeBrowser;
  readonly #leaves = new Set<() => void>();
  readonly #returns = new Set<() => void>();
  #held: (() => void)[] = [];
  isStopped = false;
  /** What is said meanwhile never reaches it: Chromium does so to a page in `alert()` or in a debugger. */
  isDeaf = false;

  constructor(browser: FakeBrowser) {
    this.#browser = browser;
  }

  newId(): string {
    return this.#browser.newId();
  }

  lock(name: string, options: LockOptions, held: () => Promise<void>): Promise<void> {
    return this.#browser.ask(this, name, options, held);
  }

  openChannel(name: string, onMessage: (message: unknown) => void): Channel {
    const own: FakeChannel = { tab: this, onMessage };
    const channels = this.#browser.channelsOf(name);
    channels.add(own);
    return {
      post: (message) => {
        const copy: unknown = structuredClone(message);
        for (const channel of channels) {
          if (channel !== own && !channel.tab.isDeaf)
            channel.tab.run(() => channels.has(channel) && channel.onMessage(copy));
        }
      },
      close: () => void channels.delete(own),
    };
  }

  onLeave(listener: () => void): () => void {
    this.#leaves.add(listener);
    return () => void this.#leaves.delete(listener);
  }

  onReturn(listener: () => void): () => void {
    this.#returns.add(listener);
    return () => void this.#returns.delete(listener);
  }

  /** At the tab's next turn. */
  run(work: () => unknown): void {
    if (this.isStopped) this.#held.push(() => void work());
    else queueMicrotask(work);
  }

  /** The renderer is busy or stopped: no event, no timer. */
  stop(): void {
    this.isStopped = true;
  }

  goOn(): void {
    this.isStopped = false;
    const held = this.#held;
    this.#held = [];
    for (const work of held) queueMicrotask(work);
  }

  leave(): void {
    for (const listener of this.#leaves) listener();
  }

  comeBack(): void {
    for (const listener of this.#returns) listener();
  }
}
