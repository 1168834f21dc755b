import type { Random } from "../random.ts";

const RECENT_MAX = 200;

/** So many students are there in the beginning, S1, S2, …: the removed ones are missed. */
export const STUDENTS = 60;
export const studentNumber = (index: number): string => `S${index}`;

/** What is really there, so that a request can be meant: tokens, ids of work in every state, files that are accepted. */
export class KnownWorld {
  /** Sign-in tokens of two tenants, and watch tokens. */
  readonly tokens: string[] = [];
  /** Ids written by another program, as wrong as can be. */
  readonly foreignIds: string[] = [];
  /** Signature and file of something that plays. */
  playing: { readonly signature: string; readonly file: string } | null = null;
  /** A document whose pages were read. */
  document: string | null = null;
  readonly #recent = { video: [] as string[], job: [] as string[] };
  readonly #ended = { video: [] as string[], job: [] as string[] };
  readonly #cancelled = { video: [] as string[], job: [] as string[] };

  readonly files: { video: Buffer; readonly workbook: Buffer };

  constructor(files: KnownWorld["files"]) {
    this.files = files;
  }

  /** The tenant whose ids are known; the others see nothing of them. */
  get token(): string {
    return this.tokens[0] ?? "";
  }

  accepted(kind: "video" | "job", id: string): void {
    const recent = this.#recent[kind];
    recent.push(id);
    if (recent.length > RECENT_MAX) recent.shift();
  }

  ended(kind: "video" | "job", id: string): void {
    this.#ended[kind].push(id);
  }

  cancelled(kind: "video" | "job", id: string): void {
    const cancelled = this.#cancelled[kind];
    cancelled.push(id);
    if (cancelled.length > RECENT_MAX) cancelled.shift();
  }

  /** One that ended well. */
  endedId(kind: "video" | "job"): string {
    return this.#ended[kind][0] ?? "1";
  }

  /** Whether an address names what ended well: without it, playing and results could not be reached any more. */
  isNeeded(path: string): boolean {
    return [...this.#ended.video, ...this.#ended.job, this.document].some(
      (id) => id !== null && path.includes(id),
    );
  }

  id(kind: "video" | "job", random: Random): string {
    const known = [this.#recent[kind], this.#ended[kind], this.foreignIds].filter((ids) => ids.length > 0);
    return known.length === 0 ? "1" : random.pick(random.pick(known));
  }

  /** An id that may go: the few that have ended well are what results and playback are asked of. */
  removableId(kind: "video" | "job", random: Random): string {
    const cancelled = this.#cancelled[kind].slice(-3); // what has not ended is refused
    const ids = cancelled.length > 0 && random.chance(0.5) ? cancelled : this.#recent[kind];
    return ids.length === 0 ? "1" : random.pick(ids);
  }

  /** An id that a retry can be meant for: else the few that were cancelled are hardly ever met. */
  retryableId(kind: "video" | "job", random: Random): string {
    const last = this.#cancelled[kind].slice(-3); // others may have been tried again, or removed
    return last.length > 0 && random.chance(0.8) ? random.pick(last) : this.id(kind, random);
  }
}
