/** Seconds that a viewer was told are counted, and when. */
interface Acknowledged {
  readonly atMs: number;
}

/** What one viewer knows of one video: what it played, what was acknowledged of it, and whether it was told of a decision. */
export class ViewLedger {
  readonly video: string;
  readonly viewer: string;
  readonly #played = new Set<number>();
  readonly #acknowledged = new Map<number, Acknowledged>();
  /** A report that was under way while Redis lost its data may be of either side of it. */
  #uncertainBeforeMs = 0;
  #toldAttendedAtMs: number | null = null;
  readonly violations: string[] = [];

  constructor(video: string, viewer: string) {
    this.video = video;
    this.viewer = viewer;
  }

  get playedSeconds(): number {
    return this.#played.size;
  }

  /** Seconds that must be in the row. */
  get keptSeconds(): number {
    return this.#acknowledged.size;
  }

  play(ranges: readonly (readonly [number, number])[]): void {
    for (const second of secondsOf(ranges)) this.#played.add(second);
  }

  /** All of it was counted. */
  acknowledge(ranges: readonly (readonly [number, number])[], sentAtMs: number): void {
    if (sentAtMs <= this.#uncertainBeforeMs) return;
    const atMs = Date.now();
    for (const second of secondsOf(ranges)) {
      if (!this.#acknowledged.has(second)) this.#acknowledged.set(second, { atMs });
    }
  }

  /** An answer said whether it is attended. */
  told(attended: boolean, sentAtMs: number): void {
    const since = this.#toldAttendedAtMs;
    if (attended) this.#toldAttendedAtMs ??= Date.now();
    else if (since !== null && sentAtMs > since)
      this.violations.push(`${this.name} was attended, and is not`);
  }

  /** Redis has lost what came after `keptMs`; it was away until `untilMs`. */
  lost(keptMs: number, untilMs: number): void {
    this.#uncertainBeforeMs = untilMs;
    for (const [second, { atMs }] of this.#acknowledged) {
      if (atMs > keptMs) this.#acknowledged.delete(second);
    }
    if (this.#toldAttendedAtMs !== null && this.#toldAttendedAtMs > keptMs) this.#toldAttendedAtMs = null;
  }

  /** What of these seconds breaks the promise. @param row null: there is none. */
  judge(row: ReadonlySet<number> | null): readonly string[] {
    const lost = [...this.#acknowledged.keys()].filter((second) => row?.has(second) !== true);
    const invented = [...(row ?? [])].filter((second) => !this.#played.has(second));
    const list = (seconds: readonly number[]): string =>
      `${seconds.slice(0, 5).join(", ")} of ${seconds.length}`;
    return [
      ...this.violations,
      ...(lost.length === 0 ? [] : [`${this.name} lost seconds ${list(lost)}`]),
      ...(invented.length === 0 ? [] : [`${this.name} counts unwatched seconds ${list(invented)}`]),
    ];
  }

  get name(): string {
    return `${this.viewer} of video ${this.video}`;
  }
}

function* secondsOf(ranges: readonly (readonly [number, number])[]): Generator<number> {
  for (const [from, to] of ranges) for (let second = from; second < to; second++) yield second;
}
