import { mergeReports, portionsOf, readKeptReport, type KeptReport } from "./kept-report.ts";

/** Texts that all tabs of a browser see and that outlive them: `localStorage`. */
export interface SharedTexts {
  keys(): readonly string[];
  get(key: string): string | null;
  /** @throws {Error} where there is no room. */
  set(key: string, text: string): void;
  remove(key: string): void;
}

/** The browser's; null where a page may not keep anything. */
export function browserTexts(): SharedTexts | null {
  try {
    const storage = globalThis.localStorage as Storage | undefined;
    if (storage === undefined) return null;
    return {
      keys: () => Object.keys(storage),
      get: (key) => storage.getItem(key),
      set: (key, text) => storage.setItem(key, text),
      remove: (key) => storage.removeItem(key),
    };
  } catch {
    return null; // the browser forbids it: then reports live as long as the page
  }
}

/** Reports of one viewer, kept at most: of each player a handful, so this is dozens of players without a network. */
const MAX_KEPT = 200;
/** What is older than this is not sent any more. */
const MAX_AGE_MS = 24 * 3_600_000;

/** A report under the name it is kept by. */
export interface NamedReport {
  readonly key: string;
  readonly report: KeptReport;
}

/**
 * The reports of one viewer that the server does not have yet, of all tabs. What is kept is never changed, only added
 * and removed, so tabs need no turns: what two of them send is sent twice, and that is safe.
 */
export class ReportStore {
  readonly #texts: SharedTexts | null;
  readonly #prefix: string;
  readonly #newId: () => string;
  /** Where a text could not be kept. */
  readonly #own = new Map<string, KeptReport>();

  /** @param viewer names whose they are, among all who use the browser. */
  constructor(texts: SharedTexts | null, viewer: string, newId: () => string) {
    this.#texts = texts;
    this.#prefix = `statusplane.views.${encodeURIComponent(viewer)}.`;
    this.#newId = newId;
  }

  add(reports: readonly KeptReport[]): readonly NamedReport[] {
    return reports.flatMap(portionsOf).map((report) => {
      const key = this.#prefix + this.#newId();
      try {
        if (this.#texts === null) this.#own.set(key, report);
        else this.#texts.set(key, JSON.stringify(report));
      } catch {
        this.#own.set(key, report); // no room in the browser's: as long as the page lives
      }
      return { key, report };
    });
  }

  /** The oldest first. */
  all(): readonly NamedReport[] {
    const keys = this.#texts?.keys().filter((key) => key.startsWith(this.#prefix)) ?? [];
    const shared = keys.flatMap((key) => {
      const report = readKeptReport(this.#texts?.get(key) ?? null);
      if (report === null) this.#texts?.remove(key);
      return report === null ? [] : [{ key, report }];
    });
    const own = [...this.#own].map(([key, report]) => ({ key, report }));
    return [...shared, ...own].sort((one, other) => one.report.atMs - other.report.atMs);
  }

  remove(keys: readonly string[]): void {
    for (const key of keys) {
      this.#texts?.remove(key);
      this.#own.delete(key);
    }
  }

  /** Makes few of many, forgets what is too old, and the oldest of what is too much. @param nowMs Unix ms. */
  tidy(nowMs: number): void {
    const all = this.all();
    const fresh = all.filter(({ report }) => nowMs - report.atMs <= MAX_AGE_MS);
    const merged = mergeReports(fresh.map(({ report }) => report))
      .flatMap(portionsOf)
      .slice(-MAX_KEPT);
    if (merged.length === all.length) return;
    this.add(merged); // before the others go: a page that ends in between leaves some twice
    this.remove(all.map(({ key }) => key));
  }
}
