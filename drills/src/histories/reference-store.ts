import type { WriteAnswer, WriteKind, WriteReply } from "@statusplane/core";
import type { Life, Sight } from "./sight.ts";

/** What a text says, read back from its JSON: the reference knows nothing of the code that wrote it. */
interface Body {
  readonly attempt: number;
  readonly version: number;
  readonly status: string;
  readonly progress?: Readonly<Record<string, unknown>> | null;
  readonly [field: string]: unknown;
}

const FINAL = 2 ** 31 - 1;
/** A video's names of what a job keeps under `progress`. */
const VIDEO_FIELDS: Readonly<Record<string, string>> = {
  percent: "encoding_progress",
  remaining_seconds: "encoding_remaining_seconds",
  step_index: "encoding_step_index",
  step_total: "encoding_step_total",
  step_key: "encoding_step_key",
  step_name_display: "encoding_step_name",
  step_percent: "encoding_step_percent",
};

/**
 * The status store's rules for one job once more, written from the table of writes in the design and not from
 * `applyTransition`: whoever changes one of the two must explain it to the other.
 */
export class ReferenceStore {
  readonly #finishedLife: Life;
  #body: Body | null = null;
  #text: string | null = null;
  #hash: Record<string, string> | null = null;
  #result: string | null = null;

  constructor(finishedLife: Life) {
    this.#finishedLife = finishedLife;
  }

  write(kind: WriteKind, text: string, result: string | null): WriteReply {
    const body = JSON.parse(text) as Body;
    const held = this.#body;
    const attempts = body.attempt - (held?.attempt ?? 0);
    const asked = attempts === 0 && kind !== "finish" && this.#flag === body.attempt;
    const reply = (answer: WriteAnswer): WriteReply => ({ answer, cancelRequested: asked });
    if (attempts < 0) return reply("fenced");
    if (attempts > 0 && kind === "progress") return reply("absent");
    if (attempts === 0 && held?.version === FINAL) {
      return reply(body.status === held.status ? "duplicate" : "finished");
    }
    if (attempts === 0 && held !== null && body.version <= held.version) {
      return reply(kind === "announce" && body.version === held.version ? "duplicate" : "stale");
    }
    const flag = attempts === 0 ? this.#flag : null;
    this.#body = body;
    this.#text = text;
    this.#hash = body.status === "PROCESSING" ? hashOf(body) : null;
    if (this.#hash !== null && flag !== null) this.#hash["cancel_requested"] = String(flag);
    this.#result = body.version === FINAL ? result : null;
    return reply("accepted");
  }

  cancel(attempt: number): boolean {
    const runs = this.#body?.attempt === attempt && this.#body.status === "PROCESSING";
    if (runs && this.#hash !== null) this.#hash["cancel_requested"] = String(attempt);
    return runs;
  }

  restore(attempt: number, result: string): void {
    if (this.#body?.attempt === attempt && this.#body.version === FINAL) this.#result = result;
  }

  lose(): void {
    this.evict("status");
    this.evict("progress");
    this.evict("result");
  }

  /** A result has no life while live, so there is none to end. */
  expire(): void {
    if (this.#body?.version !== FINAL) this.evict("status");
    this.evict("progress");
  }

  evict(key: "status" | "progress" | "result"): void {
    if (key === "status") this.#text = this.#body = null;
    else if (key === "progress") this.#hash = null;
    else this.#result = null;
  }

  look(): Sight {
    const terminal = this.#body?.version === FINAL;
    const life = terminal ? this.#finishedLife : "live";
    return {
      text: this.#text,
      hash: this.#hash === null ? null : { ...this.#hash },
      result: this.#result,
      lives: {
        status: this.#text === null ? "absent" : life,
        progress: this.#hash === null ? "absent" : "live",
        result: this.#result === null ? "absent" : this.#finishedLife,
      },
    };
  }

  get #flag(): number | null {
    const flag = this.#hash?.["cancel_requested"];
    return flag === undefined ? null : Number(flag);
  }
}

function hashOf(body: Body): Record<string, string> {
  const hash: Record<string, string> = {};
  for (const [field, inVideo] of Object.entries(VIDEO_FIELDS)) {
    const value = body.progress == null ? body[inVideo] : body.progress[field];
    if (typeof value === "number" || typeof value === "string") hash[field] = `${value}`;
  }
  return hash;
}
