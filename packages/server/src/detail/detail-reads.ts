import {
  encodeSnapshot,
  isTerminal,
  refKey,
  snapshotOfRecord,
  StatusplaneError,
  writeKindOf,
  type DetailedRecord,
  type JobRef,
  type RequestRecords,
  type StatusWriter,
} from "@statusplane/core";
import type { FastifyBaseLogger } from "fastify";
import { TokenBucket } from "../http/index.ts";
import { LookUps, type LookUp } from "./look-ups.ts";

export interface DetailReadsOptions {
  readonly records: Pick<RequestRecords, "findMany">;
  readonly writer: Pick<StatusWriter, "write">;
  readonly log: FastifyBaseLogger;
  /** What a tenant may read; each row looked up takes one. */
  readonly shareOf: (tenant: string) => TokenBucket;
  /** Statements of this process a second at most, and the burst. Default 50. */
  readonly statementsPerSecond?: number;
  /** Monotonic ms. Default: `performance.now`. */
  readonly now?: () => number;
}

const FINISHED_REUSED_MS = 5_000;
const UNKNOWN_REUSED_MS = 10_000;
const REMEMBERED_MAX = 10_000;
/** Beyond so many rows a second, and so many at once after a rest, those who ask are a herd; a tenant's share is less. */
const FEW_PER_SECOND = 60;
const FEW_BURST = 40;
/** Statements of a herd that are not full, a second. */
const UNFILLED_PER_SECOND = 8;

interface Remembered {
  readonly record: DetailedRecord | null;
  readonly untilMs: number;
}

/**
 * Reads of single rows: one for all who ask at once, remembered for moments, each paid for by its tenant's share, many in
 * one statement. One per process.
 */
export class DetailReads {
  readonly #options: DetailReadsOptions;
  readonly #now: () => number;
  readonly #lookUps: LookUps;
  readonly #underWay = new Map<string, LookUp>();
  readonly #remembered = new Map<string, Remembered>();

  constructor(options: DetailReadsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    const perSecond = options.statementsPerSecond ?? 50;
    this.#lookUps = new LookUps({
      findMany: (refs) => options.records.findMany(refs),
      statements: new TokenBucket({ perSecond, burst: perSecond, now: this.#now }),
      few: new TokenBucket({ perSecond: FEW_PER_SECOND, burst: FEW_BURST, now: this.#now }),
      unfilled: new TokenBucket({ perSecond: UNFILLED_PER_SECOND, burst: 1, now: this.#now }),
    });
  }

  /**
   * The row; null when there is none.
   * @throws {detail_budget_spent | database_unavailable}
   */
  async find(ref: JobRef): Promise<DetailedRecord | null> {
    const key = refKey(ref);
    const remembered = this.#remembered.get(key);
    if (remembered !== undefined && remembered.untilMs > this.#now()) return remembered.record;
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay.row;
    const share = this.#options.shareOf(ref.tenant);
    if (!share.take()) {
      throw new StatusplaneError("detail_budget_spent", { retryAfterSeconds: share.retryAfterSeconds() });
    }
    return this.#read(ref, key);
  }

  /**
   * The row of a job that must exist.
   * @throws {record_not_found | detail_budget_spent | database_unavailable}
   */
  async get(ref: JobRef): Promise<DetailedRecord> {
    const record = await this.find(ref);
    if (record === null) throw new StatusplaneError("record_not_found");
    return record;
  }

  /** This process has changed the row: what was remembered, and what is being read, no longer counts. */
  forget(ref: JobRef): void {
    this.#remembered.delete(refKey(ref));
    this.#underWay.delete(refKey(ref));
  }

  #read(ref: JobRef, key: string): Promise<DetailedRecord | null> {
    const reading = this.#lookUps.ask(ref);
    this.#underWay.set(key, reading);
    const land = (record: DetailedRecord | null | undefined): void => {
      if (this.#underWay.get(key) !== reading) return;
      this.#underWay.delete(key);
      if (record !== undefined) this.#remember(key, record);
    };
    reading.row.then(
      (record) => {
        land(record);
        if (record !== null) void this.#seed(record);
      },
      () => land(undefined), // whoever asked is told by the reading itself
    );
    return reading.row;
  }

  #remember(key: string, record: DetailedRecord | null): void {
    if (record !== null && !isTerminal(record.status)) return;
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear();
    const reusedMs = record === null ? UNKNOWN_REUSED_MS : FINISHED_REUSED_MS;
    this.#remembered.set(key, { record, untilMs: this.#now() + reusedMs });
  }

  /** The write that fits the row: it brings back what Redis may have lost and harms nothing else. Never rejects. */
  async #seed(record: DetailedRecord): Promise<void> {
    try {
      const snapshot = encodeSnapshot(snapshotOfRecord(record));
      await this.#options.writer.write(writeKindOf(record.status), snapshot);
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      this.#options.log.debug({ cause }, "the status store was not told what the row says");
    }
  }
}
