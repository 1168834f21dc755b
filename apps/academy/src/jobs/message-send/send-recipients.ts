import { pause, StatusplaneError, type Clock } from "@statusplane/core";
import { messagePoint } from "./message-points.ts";
import type { HandOver, MessageProvider, OutgoingMessage } from "./provider.ts";
import {
  claimRecipients,
  settleRecipients,
  type Claim,
  type ClaimedRecipient,
  type Holder,
  type Pace,
  type Settled,
} from "./message-rows.ts";
import type { MessageDatabase } from "./message-database.ts";

/** At most so many are uncertain after any one death. */
export const BATCH_MAX = 5;
/** A batch is claimed for so long at most, at the provider's pace. */
const BATCH_MS = 2_000;
/** Between two looks at a database that does not answer. */
const DATABASE_PAUSE_MS = 500;
/** What became of a batch is tried to be written for so long, then it is uncertain. */
const SETTLE_WITHIN_MS = 60_000;
/** The provider's words are kept so long. */
const DETAIL_MAX = 200;
/** One look at least every so often at whether the next try is due. */
const IDLE_MAX_MS = 30_000;

/** After a refusal for now: the waits before the next tries; after the last one it has failed. */
export const BACKOFF_MS: readonly number[] = [60_000, 300_000, 900_000, 1_800_000];

export interface SendOptions {
  readonly database: MessageDatabase;
  readonly holder: Holder;
  readonly provider: MessageProvider;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** What goes to one recipient. */
  readonly write: (recipient: ClaimedRecipient) => OutgoingMessage;
  /** Default {@link BACKOFF_MS}. */
  readonly backoffMs?: readonly number[];
  /** Told after each batch. */
  readonly onBatch: (settled: readonly Settled[], skipped: number) => void;
}

/**
 * Hands over everybody who waits, a few at a time: claimed before, settled after. Ends when nobody waits any more.
 *
 * Nobody is handed over twice: only a row that this statement moved from `waiting` to `claimed` is handed over, it is so
 * once, and it comes back to `waiting` only by word of who claimed it that it did not reach the provider.
 * @throws {JobError} `fenced`; the signal's reason, once what was begun is settled; {database_unavailable}
 */
export async function sendWaiting(options: SendOptions): Promise<void> {
  const { signal, clock, onBatch } = options;
  for (;;) {
    signal.throwIfAborted();
    messagePoint("message.before-claim");
    const askedAtMs = clock.nowMs();
    const claim = await claimPatiently(options);
    messagePoint("message.after-claim");
    if (claim.recipients.length === 0) {
      if (claim.skipped > 0) onBatch([], claim.skipped);
      else if (claim.nextDueMs === null) return;
      else await pause(clock, Math.min(claim.nextDueMs + 1, IDLE_MAX_MS), signal);
      continue;
    }
    const settled = await handOverBatch(claim, askedAtMs, options);
    messagePoint("message.before-settle");
    await settlePatiently(settled, options);
    messagePoint("message.after-settle");
    onBatch(settled, claim.skipped);
  }
}

/** How many at once: what the pace lets through within two seconds, 1–5. */
function batchSize({ tenantMs, allMs }: Pace): number {
  const slowest = Math.max(tenantMs, allMs, 1);
  return Math.max(1, Math.min(BATCH_MAX, Math.floor(BATCH_MS / slowest)));
}

/** A claim whose answer is lost is safe to ask again: it gives the same ones. */
async function claimPatiently({ database, holder, pace, signal, clock }: SendOptions): Promise<Claim> {
  for (;;) {
    try {
      return await claimRecipients(database, holder, { limit: batchSize(pace), pace });
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      await pause(clock, DATABASE_PAUSE_MS, signal);
      signal.throwIfAborted();
    }
  }
}

/** Goes on when the job was cancelled or lost: what went out is true all the same. */
async function settlePatiently(
  settled: readonly Settled[],
  { database, holder, clock }: SendOptions,
): Promise<void> {
  const untilMs = clock.nowMs() + SETTLE_WITHIN_MS;
  for (;;) {
    try {
      return await settleRecipients(database, holder, settled);
    } catch (error) {
      if (!isDatabaseAway(error) || clock.nowMs() > untilMs) throw error;
      await pause(clock, DATABASE_PAUSE_MS);
    }
  }
}

const isDatabaseAway = (error: unknown): boolean =>
  error instanceof StatusplaneError && error.code === "database_unavailable";

/** All of a batch at once, each at its time. */
async function handOverBatch(
  { recipients, leaseLeftMs, waitMs }: Claim,
  askedAtMs: number,
  options: SendOptions,
): Promise<readonly Settled[]> {
  const { pace, clock, signal } = options;
  const gapMs = Math.max(pace.tenantMs, pace.allMs);
  // Measured from before the claim: whatever the answer's way took, the lease is not over before that.
  const mayBegin = (): boolean => !signal.aborted && clock.nowMs() - askedAtMs < leaseLeftMs;
  return Promise.all(
    recipients.map(async (recipient, index): Promise<Settled> => {
      const delayMs = waitMs + index * gapMs;
      if (delayMs > 0) await pause(clock, delayMs, signal);
      if (!mayBegin()) return notHandedOver(recipient);
      return settledOf(recipient, await handOver(recipient, mayBegin, options), options);
    }),
  );
}

async function handOver(
  recipient: ClaimedRecipient,
  mayBegin: () => boolean,
  { provider, write }: SendOptions,
): Promise<HandOver | null> {
  const message = write(recipient);
  messagePoint("message.before-hand-over");
  if (!mayBegin()) return null;
  const answer = await provider.handOver(message);
  messagePoint("message.after-hand-over");
  return answer;
}

function notHandedOver({ position }: ClaimedRecipient): Settled {
  return { position, status: "waiting", reason: null, detail: null, tried: false, delayMs: 0 };
}

function settledOf(
  recipient: ClaimedRecipient,
  answer: HandOver | null,
  { backoffMs = BACKOFF_MS }: SendOptions,
): Settled {
  if (answer === null) return notHandedOver(recipient);
  const { position, tries } = recipient;
  const base = { position, reason: null, detail: null, tried: true, delayMs: 0 };
  if (answer.outcome === "sent") return { ...base, status: "sent" };
  const words = { reason: answer.reason, detail: answer.detail?.slice(0, DETAIL_MAX) ?? null };
  if (answer.outcome === "uncertain") return { ...base, ...words, status: "uncertain" };
  const waitMs = backoffMs[tries];
  if (answer.permanent || waitMs === undefined) return { ...base, ...words, status: "failed" };
  const delayMs = Math.max(waitMs * (0.9 + Math.random() * 0.2), answer.retryAfterMs ?? 0);
  return { ...base, ...words, status: "waiting", delayMs };
}
