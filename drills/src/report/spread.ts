/** Durations of one kind, for the report. */
export class Spread {
  readonly #values: number[] = [];

  add(ms: number): void {
    this.#values.push(ms);
  }

  /** ms at or below which that share of them was; 0 without any. @param share 0–1. */
  at(share: number): number {
    const sorted = this.#values.toSorted((a, b) => a - b);
    return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  }

  /** `p50 1000 ms, p95 2000 ms, max 2400 ms (15)` */
  summary(): string {
    return `p50 ${this.at(0.5)} ms, p95 ${this.at(0.95)} ms, max ${this.at(1)} ms (${this.#values.length})`;
  }
}
