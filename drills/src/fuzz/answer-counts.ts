import { routeName, type DocumentedRoute } from "./documented-route.ts";

/** Beside those that begin with a 2. */
const ACCEPTED: ReadonlySet<string> = new Set(["101", "304"]);

/** How often each route gave each answer. */
export class AnswerCounts {
  readonly #counts = new Map<string, Map<string, number>>();

  constructor(routes: readonly DocumentedRoute[]) {
    for (const route of routes) this.#counts.set(routeName(route), new Map());
  }

  /** @param status null: the connection ended without an answer. */
  add(route: string, status: number | null): void {
    const counts = this.#counts.get(route) ?? new Map<string, number>();
    this.#counts.set(route, counts);
    const name = status === null ? "none" : String(status);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  /** Documented routes that accepted nothing at all. */
  neverAccepted(): readonly string[] {
    return [...this.#counts]
      .filter(([route]) => route !== GARBAGE)
      .filter(
        ([, counts]) => ![...counts.keys()].some((status) => status.startsWith("2") || ACCEPTED.has(status)),
      )
      .map(([route]) => route);
  }

  /** A line per route: its answers by status, most frequent first. */
  lines(): readonly string[] {
    const width = Math.max(...[...this.#counts.keys()].map((route) => route.length));
    return [...this.#counts].map(([route, counts]) => {
      const answers = [...counts]
        .sort(([, a], [, b]) => b - a)
        .map(([status, count]) => `${status} × ${count}`);
      return `${route.padEnd(width)}  ${answers.join(" · ")}`;
    });
  }
}

/** The "route" of bytes that are no request. */
export const GARBAGE = "(bytes that are no request)";
