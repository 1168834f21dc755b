/** What a process of viewers is told: half of them, on one server. */
export interface ViewersOrder {
  /** `http://127.0.0.1:port`. */
  readonly origin: string;
  /** Of each report. */
  readonly path: string;
  /** A sign-in for each viewer, in their order. */
  readonly tokens: readonly string[];
  readonly video: string;
  /** Asked so often a second beside the reports; null: nothing is polled. */
  readonly poll: { readonly path: string; readonly perSecond: number } | null;
  readonly milliseconds: number;
}

/** What it answers. */
export interface ViewersAnswer {
  readonly reports: number;
  /** Of reports and polls, ms. */
  readonly reportMs: readonly number[];
  readonly pollMs: readonly number[];
  /** Answers that were not 2xx, or in which a report was not counted. */
  readonly failed: number;
}

export const TENANT = "7";
export const VIDEO = "42";
/** A viewer reports so often, ms, as the product's player does. */
export const REPORT_EVERY_MS = 10_000;
