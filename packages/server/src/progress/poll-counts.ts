/** The routes of watchers. */
export const POLL_ROUTES = ["video", "job", "batch", "active"] as const;
export type PollRoute = (typeof POLL_ROUTES)[number];

/** What a poll was answered. */
export const POLL_ANSWERS = ["found", "unchanged", "missing", "unavailable"] as const;
export type PollAnswer = (typeof POLL_ANSWERS)[number];

/** Counts of answered polls: plain numbers, for a metrics library costs as much as the answer. */
export class PollCounts {
  readonly #byRoute: Readonly<Record<PollRoute, Record<PollAnswer, number>>> = {
    video: zeroes(),
    job: zeroes(),
    batch: zeroes(),
    active: zeroes(),
  };

  add(route: PollRoute, answer: PollAnswer): void {
    this.#byRoute[route][answer] += 1;
  }

  read(route: PollRoute, answer: PollAnswer): number {
    return this.#byRoute[route][answer];
  }
}

function zeroes(): Record<PollAnswer, number> {
  return { found: 0, unchanged: 0, missing: 0, unavailable: 0 };
}
