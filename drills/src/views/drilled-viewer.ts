import type { ReportBody, ReportsAnswerBody, ViewBody } from "@statusplane/core/wire";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../random.ts";
import { ViewLedger } from "./view-ledger.ts";

/** Length of the drilled videos, seconds. */
export const LENGTH_SECONDS = 600;
/** Who has watched so much is followed by another viewer. */
const ENOUGH_SECONDS = 360;
const EVERY_MS = 200;
/** Ten places at four times the speed: credit for forty seconds in each. */
const MOST_SECONDS = 4;
const ANSWER_WITHIN_MS = 3_000;
const LOST_ANSWER_MS = 4;

export interface ViewerOptions {
  readonly url: string;
  readonly video: string;
  readonly name: string;
  readonly token: (viewer: string) => Promise<string>;
  readonly random: Random;
}

/** What a viewer did, for the report. */
export interface ViewerCounts {
  reports: number;
  counted: number;
  repeated: number;
  reordered: number;
  answersLost: number;
  failed: number;
}

/**
 * Somebody who watches one video after another viewer's manner: reports what it played, keeps it until it is acknowledged,
 * sends some reports twice, some in the wrong order, and does not hear some answers.
 */
export class DrilledViewer {
  readonly ledgers: ViewLedger[] = [];
  readonly counts: ViewerCounts = {
    ...{ reports: 0, counted: 0, repeated: 0, reordered: 0, answersLost: 0, failed: 0 },
  };
  readonly #options: ViewerOptions;
  #ledger: ViewLedger;
  #token: string | null = null;
  #kept: ReportBody[] = [];
  #stopped = false;

  constructor(options: ViewerOptions) {
    this.#options = options;
    this.#ledger = this.#next();
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      if (this.#ledger.playedSeconds >= ENOUGH_SECONDS && this.#kept.length === 0) {
        this.#ledger = this.#next();
        this.#token = null;
      }
      this.#play();
      await this.#send();
      await sleep(this.#options.random.between(EVERY_MS / 2, EVERY_MS));
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Asks for the state, as a page does; puts it into Redis where that does not know it. */
  async look(): Promise<ViewBody | null> {
    const sentAtMs = Date.now();
    const body = await this.#call<ViewBody>(`/api/v1/views/${this.#options.video}/`, {});
    if (body !== null) this.#ledger.told(body.attended, sentAtMs);
    return body;
  }

  #next(): ViewLedger {
    const { video, name } = this.#options;
    const ledger = new ViewLedger(video, `${name}.${this.ledgers.length}`);
    this.ledgers.push(ledger);
    return ledger;
  }

  #play(): void {
    const { random, video } = this.#options;
    const from = random.between(0, LENGTH_SECONDS - MOST_SECONDS);
    const ranges: [number, number][] = [[from, from + random.between(1, MOST_SECONDS)]];
    this.#ledger.play(ranges);
    this.#kept.push({
      ...{ video, player: `p${this.ledgers.length}`, ranges, position: ranges[0]?.[1] ?? 0 },
      ...{ speed: 1, muted: false, hidden: false, ago_ms: 0, left: false },
    });
  }

  async #send(): Promise<void> {
    const { random } = this.#options;
    const reports = this.#kept.slice(0, 20);
    const chance = random.next();
    if (chance < 0.1 && reports.length > 1) {
      this.counts.reordered += 1;
      await Promise.all([this.#report(reports.slice(1)), this.#report(reports.slice(0, 1))]);
    } else if (chance < 0.25) {
      this.counts.repeated += 1;
      await Promise.all([this.#report(reports), this.#report(reports)]);
    } else if (chance < 0.35) {
      this.counts.answersLost += 1;
      await this.#report(reports, random.between(0, LOST_ANSWER_MS));
    } else await this.#report(reports);
  }

  async #report(reports: readonly ReportBody[], hearsForMs = ANSWER_WITHIN_MS): Promise<void> {
    const ledger = this.#ledger;
    const sentAtMs = Date.now();
    this.counts.reports += reports.length;
    const json = { reports };
    const body = await this.#call<ReportsAnswerBody>("/api/v1/views/", { json, hearsForMs });
    if (body === null) return;
    let mustLoad = false;
    for (const [i, { outcome, reason, left_out_seconds, state }] of body.views.entries()) {
      const report = reports[i];
      if (report === undefined) continue;
      if (outcome === "load") mustLoad = true;
      else if (outcome === "counted") {
        if (left_out_seconds === 0) ledger.acknowledge(report.ranges, sentAtMs);
        if (state !== null) ledger.told(state.attended, sentAtMs);
        this.counts.counted += 1;
        this.#kept = this.#kept.filter((each) => each !== report);
      } else ledger.violations.push(`${ledger.name} was refused: ${reason}`);
    }
    if (mustLoad) await this.look();
  }

  /** Null: no answer, or an error; the same is sent again. */
  async #call<Body>(
    path: string,
    { json, hearsForMs = ANSWER_WITHIN_MS }: { readonly json?: unknown; readonly hearsForMs?: number },
  ): Promise<Body | null> {
    this.#token ??= await this.#options.token(this.#ledger.viewer);
    try {
      const answer = await fetch(this.#options.url + path, {
        headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
        ...(json === undefined ? {} : { method: "POST", body: JSON.stringify(json) }),
        signal: AbortSignal.timeout(hearsForMs),
      });
      const text = await answer.text();
      if (answer.ok) return JSON.parse(text) as Body;
    } catch {
      // no answer
    }
    this.counts.failed += 1;
    return null;
  }
}
