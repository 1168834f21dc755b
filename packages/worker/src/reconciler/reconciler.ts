import {
  crashPoint,
  faultFields,
  pause,
  type OutboxStats,
  type Tick,
  type Unsubscribe,
} from "@statusplane/core";
import type { ReconcilerHandle, ReconcilerOptions, ReconcilerStatus } from "./reconciler-options.ts";
import { DatabaseClock } from "./database-clock.ts";
import { Election } from "./election.ts";
import { LossDetection, type Loss } from "./loss-detection.ts";
import { Relay, TAKE_LIMIT } from "./relay.ts";
import { Schedule } from "./schedule.ts";
import { sweepLeases } from "./sweeper.ts";
import { renewWaitingRows } from "./waiting-rows.ts";

/** A wake-up message brings a tick earlier once in so many ticks (a minute): early ticks cost statements, too. */
const TICKS_BETWEEN_EARLY_ONES = 12;
const TICKS_BETWEEN_STATS = 12;
const COLLECT_EVERY_MS = 3_600_000;

/**
 * The loop. Each round: ping the store → (a standby looks at the beat and may stop here) → one tick statement, which
 * takes nothing while the store does not answer → leading: beat, sentinels, apply, and what is due of sweep, waiting
 * rows, outbox age, collector. What can take long goes on beside the rounds, so that ticks and beats stay in time.
 */
export class Reconciler implements ReconcilerHandle {
  readonly #options: Required<ReconcilerOptions>;
  readonly #ended = new AbortController();
  readonly #election: Election;
  readonly #relay: Relay;
  readonly #losses: readonly LossDetection[];
  readonly #databaseClock: DatabaseClock;
  readonly #beside = new Map<string, Promise<void>>();
  readonly #due: {
    readonly sweep: Schedule;
    readonly waiting: Schedule;
    readonly stats: Schedule;
    readonly collect: Schedule;
    readonly flush: Schedule;
  };
  #loop: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;
  #unsubscribe: Unsubscribe | null = null;
  #wake = new AbortController();
  #earlyAllowedAtMs = 0;
  #lastTick: Pick<Tick, "tick" | "tickedAtMs"> = { tick: 0, tickedAtMs: 0 };
  #stats: OutboxStats = { oldestUnrepairedMs: 0, entries: 0 };
  #storeAnswers = false;
  #swept = 0;

  constructor(options: Required<ReconcilerOptions>) {
    this.#options = options;
    const { owner, installation, records, writer, queue, files, timings, clock, log, sole } = options;
    this.#election = new Election({ owner, installation, timings, clock, sole });
    this.#relay = new Relay({ records, writer, queue, files, timings, clock, log });
    this.#losses = [
      this.#detectLosses("status store", installation),
      ...(queue.sentinel === undefined ? [] : [this.#detectLosses("queue", queue.sentinel)]),
    ];
    this.#databaseClock = new DatabaseClock({ records, timings, clock, log });
    this.#due = {
      sweep: new Schedule(clock, timings.sweepEveryMs),
      waiting: new Schedule(clock, timings.waitingEveryMs),
      stats: new Schedule(clock, timings.tickMs * TICKS_BETWEEN_STATS),
      collect: new Schedule(clock, COLLECT_EVERY_MS),
      flush: new Schedule(clock, timings.viewFlushMs),
    };
  }

  async start(): Promise<void> {
    if (this.#options.sole) await this.#takeLease();
    this.#loop = this.#rounds();
    await this.#listen();
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  status(): ReconcilerStatus {
    const leading = this.#election.leading;
    return {
      leading,
      ...this.#lastTick,
      storeAnswers: this.#storeAnswers,
      oldestUnrepairedMs: leading ? this.#stats.oldestUnrepairedMs : 0,
      outboxEntries: leading ? this.#stats.entries : 0,
      lossesSeen: this.#losses.reduce((sum, { seen }) => sum + seen, 0),
      swept: this.#swept,
      applied: this.#relay.counts.applied,
      failedApplications: this.#relay.counts.failed,
      views: this.#options.views?.status() ?? null,
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #rounds(): Promise<void> {
    const { clock, timings, log } = this.#options;
    while (!this.#ended.signal.aborted) {
      const startedAtMs = clock.nowMs();
      try {
        await this.#round();
      } catch (error) {
        log.warn(faultFields(error), "reconciler round failed; retrying at the next tick");
      }
      const leftMs = Math.max(0, startedAtMs + timings.tickMs - clock.nowMs());
      await this.#pauseOrWake(leftMs);
    }
  }

  async #round(): Promise<void> {
    this.#storeAnswers = await this.#ping();
    if (!(await this.#election.shouldAsk(this.#storeAnswers))) return;
    const tick = await this.#tick();
    if (tick.leading) await this.#lead(tick);
  }

  /** One statement: the lease row and, if the store answers, what is due. */
  async #tick(): Promise<Tick> {
    const { records, owner, timings, clock } = this.#options;
    const takeLimit = this.#storeAnswers ? TAKE_LIMIT : 0;
    const led = this.#election.leading;
    const sentAtMs = clock.nowMs();
    crashPoint("tick.before-commit");
    const tick = await records.tick({
      owner,
      leaseMs: timings.reconcilerLeaseMs,
      takeLimit,
      takeMs: timings.takeMs,
    });
    crashPoint("tick.after-commit");
    this.#election.answered(tick.leading);
    if (tick.leading) this.#lastTick = { tick: tick.tick, tickedAtMs: tick.tickedAtMs };
    if (tick.leading !== led) {
      for (const losses of this.#losses) losses.forget();
      this.#databaseClock.forget();
      this.#options.log.info(
        { owner, leading: tick.leading },
        tick.leading ? "reconciler leads" : "reconciler stands by",
      );
    }
    if (tick.leading) this.#databaseClock.observe(tick, sentAtMs);
    return tick;
  }

  async #lead(tick: Tick): Promise<void> {
    const { collect } = this.#options;
    if (this.#storeAnswers) {
      await this.#election.beat();
      await Promise.all(this.#losses.map((losses) => losses.check(tick)));
      const applied = await this.#relay.apply(tick.entries);
      if (applied && tick.entries.length >= TAKE_LIMIT) this.#goOnBeside("relay", () => this.#relay.drain());
      if (this.#due.waiting.isDue()) this.#goOnBeside("waiting rows", () => this.#renewWaiting());
      this.#keepViews(tick);
    }
    await this.#databaseClock.follow();
    if (!this.#databaseClock.holdsSweep && this.#due.sweep.isDue()) await this.#sweep();
    if (this.#due.stats.isDue()) this.#stats = await this.#options.records.stats();
    if (this.#due.collect.isDue()) this.#goOnBeside("collector", collect);
  }

  #keepViews(tick: Tick): void {
    const { views, owner } = this.#options;
    if (views === null) return;
    const ended = this.#ended.signal;
    if (tick.hasViewErrands === true) this.#goOnBeside("errands of views", () => views.runErrands(ended));
    if (this.#due.flush.isDue()) this.#goOnBeside("flush of views", () => views.flush(owner, ended));
  }

  async #ping(): Promise<boolean> {
    try {
      await this.#options.installation.ping();
      return true;
    } catch {
      return false; // said by status().storeAnswers; nothing is taken until it answers
    }
  }

  async #sweep(): Promise<void> {
    const { records, files, onSwept, log } = this.#options;
    const swept = await sweepLeases({ records, files, onSwept, log });
    this.#swept += swept;
    if (swept > 0 && this.#storeAnswers) this.#goOnBeside("relay", () => this.#relay.drain());
  }

  async #renewWaiting(): Promise<void> {
    const { records, writer, queue } = this.#options;
    try {
      await renewWaitingRows({ records, writer, queue, ended: this.#ended.signal });
    } catch (error) {
      this.#due.waiting.again(); // a waiting row may be known to nobody else: not in ten minutes, but soon
      throw error;
    }
  }

  /** Goes on while rounds come and go; one of each name at a time. */
  #goOnBeside(name: string, work: () => Promise<void>): void {
    if (this.#beside.has(name)) return;
    this.#options.log.debug?.({ name }, "repair begins, beside the ticks");
    const done = work()
      .catch((error: unknown) =>
        this.#options.log.warn({ ...faultFields(error), name }, "repair stopped; starting over"),
      )
      .finally(() => this.#beside.delete(name));
    this.#beside.set(name, done);
  }

  #detectLosses(
    where: Loss["where"],
    keeper: ConstructorParameters<typeof LossDetection>[0]["keeper"],
  ): LossDetection {
    const { records, recoverWindowSeconds, onLoss, clock, log } = this.#options;
    const ended = this.#ended.signal;
    const drain = (): Promise<void> => this.#relay.drain();
    return new LossDetection({
      where,
      keeper,
      records,
      drain,
      recoverWindowSeconds,
      onLoss,
      clock,
      log,
      ended,
    });
  }

  async #listen(): Promise<void> {
    const { installation, log } = this.#options;
    try {
      this.#unsubscribe = await installation.onWake(() => this.#wakeUp());
    } catch (error) {
      log.warn(faultFields(error), "no wake-up messages; repairs start at their ticks only");
    }
  }

  /** The entry that was left undone is due after its committer's grace: a tick before that would find nothing. */
  #wakeUp(): void {
    const { clock, timings } = this.#options;
    const nowMs = clock.nowMs();
    if (nowMs < this.#earlyAllowedAtMs || !this.#election.leading) return;
    this.#earlyAllowedAtMs = nowMs + timings.tickMs * TICKS_BETWEEN_EARLY_ONES;
    this.#wake.abort();
  }

  async #pauseOrWake(leftMs: number): Promise<void> {
    const { clock, timings } = this.#options;
    const ended = this.#ended.signal;
    const startedAtMs = clock.nowMs();
    this.#wake = new AbortController();
    await pause(clock, leftMs, AbortSignal.any([this.#wake.signal, ended]));
    if (!this.#wake.signal.aborted) return;
    const untilTickMs = startedAtMs + leftMs - clock.nowMs();
    await pause(clock, Math.max(0, Math.min(timings.committerGraceMs, untilTickMs)), ended);
  }

  async #takeLease(): Promise<void> {
    const { clock, timings } = this.#options;
    const deadlineMs = clock.nowMs() + timings.reconcilerLeaseMs + timings.tickMs;
    for (;;) {
      this.#storeAnswers = false; // takes no entries: the first round does
      if ((await this.#tick()).leading) return;
      if (clock.nowMs() >= deadlineMs) {
        throw new Error(
          "another process works on this database; with an in-memory store or queue there is only one",
        );
      }
      await pause(clock, Math.min(timings.tickMs, deadlineMs - clock.nowMs()), this.#ended.signal);
    }
  }

  async #stop(): Promise<void> {
    const { records, owner, log } = this.#options;
    this.#ended.abort();
    await this.#unsubscribe?.().catch(() => undefined); // it ends with its connection
    await this.#loop;
    await Promise.all([...this.#beside.values(), ...this.#losses.map((losses) => losses.settled())]);
    if (!this.#election.leading) return;
    // What was reported since the last flush: a store in memory ends with this process.
    await this.#options.views
      ?.flush(this.#options.owner)
      .catch((error: unknown) => log.warn(faultFields(error), "views not written at the end"));
    crashPoint("resign.before-commit");
    await records
      .resign(owner)
      .catch((error: unknown) => log.warn(faultFields(error), "reconciler lease not given up; it expires"));
    crashPoint("resign.after-commit");
  }
}
