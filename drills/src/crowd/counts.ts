import { LONGEST_MS, type CrowdCounts } from "./crowd-words.ts";

/** What the watchers of one process have seen since the last `reset`. */
export class Counts {
  #answers = new Map<string, number>();
  #tookMs = new Uint32Array(LONGEST_MS + 1);
  #firstDetailMs: number | null = null;
  #lastDetailMs = 0;
  open = 0;
  sawEnd = 0;
  asking = 0;

  reset(): void {
    this.#answers = new Map();
    this.#tookMs = new Uint32Array(LONGEST_MS + 1);
    this.#firstDetailMs = null;
  }

  detailAsked(): void {
    this.#firstDetailMs ??= Date.now();
    this.#lastDetailMs = Date.now();
  }

  answered(name: string, tookMs: number): void {
    this.#answers.set(name, (this.#answers.get(name) ?? 0) + 1);
    const bucket = Math.min(LONGEST_MS, Math.round(tookMs));
    this.#tookMs[bucket] = (this.#tookMs[bucket] ?? 0) + 1;
  }

  read(): CrowdCounts {
    return {
      open: this.open,
      sawEnd: this.sawEnd,
      asking: this.asking,
      answers: Object.fromEntries(this.#answers),
      tookMs: [...this.#tookMs],
      details:
        this.#firstDetailMs === null
          ? null
          : { firstAtMs: this.#firstDetailMs, lastAtMs: this.#lastDetailMs },
    };
  }
}

/** All processes' counts as one. */
export function addCounts(parts: readonly CrowdCounts[]): CrowdCounts {
  const answers: Record<string, number> = {};
  for (const part of parts) {
    for (const [name, count] of Object.entries(part.answers)) answers[name] = (answers[name] ?? 0) + count;
  }
  const details = parts.flatMap((part) => part.details ?? []);
  return {
    open: parts.reduce((sum, { open }) => sum + open, 0),
    sawEnd: parts.reduce((sum, { sawEnd }) => sum + sawEnd, 0),
    asking: parts.reduce((sum, { asking }) => sum + asking, 0),
    answers,
    tookMs: Array.from({ length: LONGEST_MS + 1 }, (_, ms) =>
      parts.reduce((sum, { tookMs }) => sum + (tookMs[ms] ?? 0), 0),
    ),
    details:
      details.length === 0
        ? null
        : {
            firstAtMs: Math.min(...details.map(({ firstAtMs }) => firstAtMs)),
            lastAtMs: Math.max(...details.map(({ lastAtMs }) => lastAtMs)),
          },
  };
}

/** How many answers there were whose name begins so; all by default. */
export function countAnswers({ answers }: Pick<CrowdCounts, "answers">, beginning = ""): number {
  return Object.entries(answers)
    .filter(([name]) => name.startsWith(beginning))
    .reduce((sum, [, count]) => sum + count, 0);
}

/** The time within which this share of the answers came, ms; 0 where there was none. */
export function quantileMs(tookMs: readonly number[], share: number): number {
  let left = share * tookMs.reduce((sum, count) => sum + count, 0);
  return Math.max(
    0,
    tookMs.findIndex((count) => (left -= count) <= 0 && count > 0),
  );
}
