import { LONGEST_MS, type CrowdCounts } from "./crowd-words.ts";

/** What the watchers of one process have seen since the last `reset`. */
export class Counts {
  #answers = new Map<string, number>();
  #tookMs = new Uint32Array(LONGEST_MS + 1);
  #sawMs = new Uint32Array(LONGEST_MS + 1);
  #returnedAtMs: number[] = [];
  #firstDetailMs: number | null = null;
  #lastDetailMs = 0;
  open = 0;
  streams = 0;
  sawEnd = 0;
  asking = 0;

  reset(): void {
    this.#answers = new Map();
    this.#tookMs = new Uint32Array(LONGEST_MS + 1);
    this.#sawMs = new Uint32Array(LONGEST_MS + 1);
    this.#returnedAtMs = [];
    this.#firstDetailMs = null;
  }

  detailAsked(): void {
    this.#firstDetailMs ??= Date.now();
    this.#lastDetailMs = Date.now();
  }

  answered(name: string, tookMs: number): void {
    this.told(name);
    addTo(this.#tookMs, tookMs);
  }

  /** Something that a stream told, or that became of it. */
  told(name: string): void {
    this.#answers.set(name, (this.#answers.get(name) ?? 0) + 1);
  }

  returned(): void {
    this.#returnedAtMs.push(Date.now());
  }

  saw(afterMs: number): void {
    this.sawEnd += 1;
    addTo(this.#sawMs, afterMs);
  }

  read(): CrowdCounts {
    return {
      open: this.open,
      sawEnd: this.sawEnd,
      asking: this.asking,
      answers: Object.fromEntries(this.#answers),
      streams: this.streams,
      returnedAtMs: this.#returnedAtMs,
      tookMs: upToLast(this.#tookMs),
      sawMs: upToLast(this.#sawMs),
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
    streams: parts.reduce((sum, { streams }) => sum + streams, 0),
    returnedAtMs: parts.flatMap(({ returnedAtMs }) => returnedAtMs).sort((a, b) => a - b),
    tookMs: addTimes(parts.map(({ tookMs }) => tookMs)),
    sawMs: addTimes(parts.map(({ sawMs }) => sawMs)),
    details:
      details.length === 0
        ? null
        : {
            firstAtMs: Math.min(...details.map(({ firstAtMs }) => firstAtMs)),
            lastAtMs: Math.max(...details.map(({ lastAtMs }) => lastAtMs)),
          },
  };
}

function addTo(times: Uint32Array, ms: number): void {
  const bucket = Math.min(LONGEST_MS, Math.round(ms));
  times[bucket] = (times[bucket] ?? 0) + 1;
}

function addTimes(parts: readonly (readonly number[])[]): readonly number[] {
  return Array.from({ length: Math.max(...parts.map(({ length }) => length)) }, (_, ms) =>
    parts.reduce((sum, times) => sum + (times[ms] ?? 0), 0),
  );
}

/** Told several times a second: without the zeros that follow the longest. */
function upToLast(times: Uint32Array): readonly number[] {
  return [...times.subarray(0, times.findLastIndex((count) => count > 0) + 1)];
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
