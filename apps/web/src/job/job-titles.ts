import { watchKey, type WatchRef } from "@statusplane/client";
import { browserStorage, type TextStorage } from "../browser/index.ts";

/** The oldest names are forgotten above this. */
const KEPT = 200;

/**
 * Names of what this browser has uploaded, by job: for the moment before the first snapshot, which brings the name for
 * everybody, and for work of other programs, which has none. A tenant's names are its own.
 */
export class JobTitles {
  readonly #storage: TextStorage;
  readonly #name: string;
  /** What was read last: every card asks at every change. */
  #parsed: { readonly text: string | null; readonly titles: ReadonlyMap<string, string> } | null = null;

  constructor(tenant: string, storage: TextStorage = browserStorage) {
    this.#storage = storage;
    this.#name = `statusplane.titles.${tenant}`;
  }

  get(ref: WatchRef): string | null {
    return this.#read().get(watchKey(ref)) ?? null;
  }

  remember(ref: WatchRef, title: string): void {
    const others = [...this.#read()].filter(([key]) => key !== watchKey(ref));
    this.#storage.set(this.#name, JSON.stringify([...others, [watchKey(ref), title]].slice(-KEPT)));
  }

  /** Leaves nothing behind for the next person at this browser. */
  forgetAll(): void {
    this.#storage.remove(this.#name);
  }

  #read(): ReadonlyMap<string, string> {
    const text = this.#storage.get(this.#name);
    if (this.#parsed === null || this.#parsed.text !== text) this.#parsed = { text, titles: parse(text) };
    return this.#parsed.titles;
  }
}

function parse(text: string | null): ReadonlyMap<string, string> {
  try {
    const stored: unknown = JSON.parse(text ?? "[]");
    return new Map(Array.isArray(stored) ? stored.filter(isEntry) : []);
  } catch {
    return new Map(); // not written by us: as if nothing were kept
  }
}

function isEntry(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "string";
}
