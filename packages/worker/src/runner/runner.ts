import {
  faultFields,
  crashPoint,
  refKey,
  type ClaimOutcome,
  type Delivery,
  type DeliveryOutcome,
  type JobRef,
} from "@statusplane/core";
import { debugAttempt } from "../attempt-lines.ts";
import { giveBackMs } from "../backoff.ts";
import type { JobDefinition } from "../define-job.ts";
import { endAttempt, handBack, type HandlerOutcome } from "./end-attempt.ts";
import { makeJobContext } from "./job-context.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";
import { RunningJob } from "./running-job.ts";
import { UnansweredClaims } from "./unanswered-claims.ts";
import type { WorkerParts } from "./worker-parts.ts";

const ACKNOWLEDGE: DeliveryOutcome = { outcome: "acknowledge" };
/** From a worker that stops: another one takes it at once. */
const GIVE_BACK_NOW: DeliveryOutcome = { outcome: "give-back", delayMs: 0 };

export interface RunnerOptions {
  readonly definitions: ReadonlyMap<string, JobDefinition>;
  readonly parts: WorkerParts;
  readonly leases: LeaseKeeper;
}

type Claimed = Extract<ClaimOutcome, { readonly outcome: "claimed" }>;

interface UnderWay {
  readonly job: RunningJob;
  /** Ends the attempt although its code still runs. */
  readonly abandon: () => void;
}

/** What a delivery becomes: claim → announce → run the job's code → commit its end → tell the store → acknowledge. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #underWay = new Set<UnderWay>();
  readonly #handling = new Set<Promise<DeliveryOutcome>>();
  readonly #unanswered: UnansweredClaims;
  /** Claims sent so far: each has a name of its own. */
  #claims = 0;
  #stopping = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#unanswered = new UnansweredClaims(options.parts);
  }

  get running(): number {
    return this.#underWay.size;
  }

  /** The jobs under way, for the active lists. */
  refs(): readonly JobRef[] {
    return [...this.#underWay].map(({ job }) => job.ref);
  }

  /** Handles one delivery to its end. Never rejects. */
  async handle(delivery: Delivery): Promise<DeliveryOutcome> {
    if (this.#stopping) return GIVE_BACK_NOW;
    const handled = this.#claimAndRun(delivery);
    this.#handling.add(handled);
    try {
      return await handled;
    } finally {
      this.#handling.delete(handled);
    }
  }

  /**
   * Begins nothing more. Aborts what runs, but for jobs that are known to end within `finishWithinMs`; those still
   * under way by then are aborted too. Resolves when every delivery was handled.
   */
  async stop(): Promise<void> {
    const { clock, timings } = this.#options.parts;
    this.#stopping = true;
    this.#abort((job) => !this.#endsSoon(job));
    const cancelTimer = clock.after(timings.finishWithinMs, () => this.#abort(() => true));
    await Promise.all(this.#handling);
    cancelTimer();
  }

  /** Hands back, without waiting for their code, all jobs that have not reacted to the shutdown. */
  abandon(): void {
    for (const { abandon } of this.#underWay) abandon();
  }

  #abort(which: (job: RunningJob) => boolean): void {
    for (const { job } of this.#underWay) if (which(job)) job.abort("shutting_down");
  }

  #endsSoon(job: RunningJob): boolean {
    const { clock, timings } = this.#options.parts;
    const remainingSeconds = job.meter.remainingSeconds(clock.nowMs());
    return remainingSeconds !== null && remainingSeconds * 1_000 < timings.finishWithinMs;
  }

  async #claimAndRun(delivery: Delivery): Promise<DeliveryOutcome> {
    const { ref } = delivery;
    const { records, counts, random, clock, timings, log } = this.#options.parts;
    const sentAtMs = clock.nowMs();
    const owner = `${this.#options.parts.owner}.${++this.#claims}`;
    let claim: ClaimOutcome;
    crashPoint("claim.before-commit");
    try {
      claim = await records.claim(ref, owner, timings.leaseMs);
    } catch (error) {
      counts.givenBack += 1;
      this.#unanswered.keep({ ref, owner, sentAtMs });
      log.warn(
        { ...faultFields(error), job: refKey(ref) },
        "claim got no answer from the database; delivery given back",
      );
      return { outcome: "give-back", delayMs: giveBackMs(random()) };
    }
    switch (claim.outcome) {
      case "claimed":
        crashPoint("claim.after-commit");
        counts.claimed += 1;
        debugAttempt(log, claim.record, claimWords(claim));
        await this.#begin(claim, sentAtMs);
        return ACKNOWLEDGE;
      case "gone":
        counts.duplicateDeliveries += 1;
        debugAttempt(log, delivery, "was delivered, and there is nothing to claim");
        return ACKNOWLEDGE;
      case "later":
        counts.givenBack += 1;
        debugAttempt(log, delivery, `was delivered early; given back for ${claim.delayMs} ms`);
        return { outcome: "give-back", delayMs: claim.delayMs };
    }
  }

  /** Never rejects: an attempt that cannot be ended here is ended by its lease. */
  async #begin({ record, checkpoint }: Claimed, claimedAtMs: number): Promise<void> {
    const { definitions, parts, leases } = this.#options;
    // a delivery is only a hint: the row says which code runs
    const definition = definitions.get(record.jobType) ?? null;
    const job = new RunningJob({
      record,
      resumeFrom: checkpoint,
      steps: definition?.steps ?? [],
      parts,
      leases,
    });
    const underWay = startUnderWay(job);
    leases.hold(job, claimedAtMs);
    this.#underWay.add(underWay);
    if (this.#stopping) job.abort("shutting_down");
    try {
      // the row's type is another worker's: its own queue brings it there
      if (definition === null) await handBack(job, parts);
      else await this.#carryOut(definition, underWay);
    } catch (error) {
      parts.log.error(
        { ...faultFields(error), job: refKey(record.ref) },
        "attempt not ended; its lease will end it",
      );
    } finally {
      leases.release(job);
      job.reporter.stop();
      this.#underWay.delete(underWay);
    }
  }

  async #carryOut(definition: JobDefinition, { job, leftBehind }: Begun): Promise<void> {
    const { parts } = this.#options;
    job.reporter.announce();
    const unwatch = watchCancel(job, parts);
    try {
      const outcome = await Promise.race([runCode(job, definition, parts), leftBehind]);
      await endAttempt(job, outcome, parts);
    } finally {
      unwatch();
    }
  }
}

function claimWords({ record: { tries, maxTries }, checkpoint }: Claimed): string {
  return `claimed: try ${tries} of ${maxTries}${checkpoint === null ? "" : ", with a checkpoint"}`;
}

interface Begun extends UnderWay {
  readonly leftBehind: Promise<HandlerOutcome>;
}

function startUnderWay(job: RunningJob): Begun {
  let abandon: () => void = () => undefined;
  const leftBehind = new Promise<HandlerOutcome>((resolve) => {
    abandon = () => resolve({ outcome: "left-behind" });
  });
  return { job, leftBehind, abandon };
}

async function runCode(
  job: RunningJob,
  definition: JobDefinition,
  parts: WorkerParts,
): Promise<HandlerOutcome> {
  try {
    job.signal.throwIfAborted();
    const ctx = await makeJobContext(job, parts);
    crashPoint("job.before-code");
    return { outcome: "returned", value: await definition.run(ctx, job.record.payload) };
  } catch (error) {
    return { outcome: "threw", error };
  }
}

/**
 * Listens for the control message, which makes a cancel immediate; each write's answer and the lease's renewal carry
 * it too, so that a subscription that cannot be made costs seconds, not the cancel.
 * @returns how to end it.
 */
function watchCancel(job: RunningJob, { writer, log }: WorkerParts): () => void {
  const watching = writer.watchCancel(job.ref, job.attempt, () => job.abort("cancelled"));
  const done = watching.then(
    (unsubscribe) => unsubscribe,
    (error: unknown) => {
      log.warn(
        faultFields(error),
        "no control messages for the attempt; a cancel takes until the next write",
      );
      return null;
    },
  );
  return () => void done.then((unsubscribe) => unsubscribe?.()).catch(() => undefined); // the subscription ends with its connection
}
