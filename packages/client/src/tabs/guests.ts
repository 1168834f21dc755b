import { MAX_REFS } from "@statusplane/core/wire";
import type { Wanted } from "../transport/delivery.ts";
import { watchKey, type WatchRef } from "../watched-job.ts";

interface Guest {
  readonly wanted: Wanted;
  readonly heardAtMs: number;
}

/** The tabs that follow this one, and what they want by it. */
export class Guests {
  readonly #guests = new Map<string, Guest>();

  /** What a tab says it wants, and that it lives. */
  hear(id: string, wanted: Wanted, atMs: number): void {
    this.#guests.set(id, { wanted, heardAtMs: atMs });
  }

  forget(id: string): void {
    this.#guests.delete(id);
  }

  forgetBefore(atMs: number): void {
    for (const [id, { heardAtMs }] of this.#guests) if (heardAtMs < atMs) this.#guests.delete(id);
  }

  clear(): void {
    this.#guests.clear();
  }

  get all(): readonly (readonly [id: string, wanted: Wanted])[] {
    return [...this.#guests].map(([id, { wanted }]) => [id, wanted]);
  }

  get refs(): readonly WatchRef[] {
    return this.all.flatMap(([, { refs }]) => refs);
  }

  /** What this tab and its guests want, as much of it as one connection tells: its own first. */
  with(own: Wanted): Wanted {
    const refs = new Map([...own.refs, ...this.refs].map((ref) => [watchKey(ref), ref]));
    const active = own.active || this.all.some(([, wanted]) => wanted.active);
    const views = new Set([own, ...this.all.map(([, wanted]) => wanted)].flatMap((each) => each.views));
    return { refs: [...refs.values()].slice(0, MAX_REFS), active, views: [...views].slice(0, MAX_REFS) };
  }
}
