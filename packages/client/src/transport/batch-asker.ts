import { batchPath, MAX_REFS, readBatch, type LiveList } from "@statusplane/core/wire";
import { readDateMs, readPollAfterMs } from "../answer-headers.ts";
import type { Sender } from "../sender.ts";
import type { WatchTable } from "../watch-table.ts";
import { watchKey, type WatchRef } from "../watched-job.ts";
import type { Delivery } from "./delivery.ts";
import type { Due } from "./poller.ts";

/** What a batch asker works with. */
export interface BatchAskerParts {
  readonly table: WatchTable;
  readonly sender: Sender;
  /** The tenant's lists in a body that was asked for with them. */
  readonly readList: (body: unknown) => LiveList | null;
  readonly onDelivery: (delivery: Delivery) => void;
}

interface Known {
  readonly etag: string;
  /** What the answer said: a 304 says so again. */
  readonly told: readonly WatchRef[];
  readonly missing: readonly WatchRef[];
}

/**
 * Asks for many jobs, by as few requests as there can be, and hands each answer on; what is as before is not sent again.
 * The answer's function answers the longest wait that the server asked for, ms.
 */
export function createBatchAsker({ table, sender, readList, onDelivery }: BatchAskerParts) {
  let known = new Map<string, Known>();

  /** A 304 says "as before", which means nothing for a job without a before. */
  const isKnown = (ref: WatchRef): boolean => {
    const state = table.state(ref);
    return state !== undefined && (state.seen !== null || state.misses > 0);
  };

  function ask(refs: readonly WatchRef[], active: boolean, next: Map<string, Known>): Promise<number> {
    const path = batchPath(refs, "", active);
    const last = known.get(path);
    const before = last !== undefined && [...refs, ...last.told].every(isKnown) ? last : undefined;
    const headers = before === undefined ? {} : { "If-None-Match": before.etag };
    return sender.send(path, { headers, cache: "no-store" }, async (response) => {
      const serverNowMs = readDateMs(response.headers);
      if (response.status === 304 && before !== undefined) {
        next.set(path, before);
        onDelivery({ unchanged: before.told, missing: before.missing, serverNowMs });
      } else {
        const body = await sender.bodyOf(response);
        const { jobs: told, bodyOf } = sender.checked(body, readBatch);
        const list = active ? { list: sender.checked(body, readList) } : {};
        const missing = refs.filter((ref) => bodyOf(ref) === undefined);
        const etag = response.headers.get("ETag");
        if (etag !== null) next.set(path, { etag, told, missing });
        onDelivery({ snapshots: told.map((ref) => [ref, bodyOf(ref)]), missing, ...list, serverNowMs });
      }
      return readPollAfterMs(response.headers);
    });
  }

  return async ({ refs: due, active }: Due): Promise<number> => {
    const refs = [...new Map(due.map((ref) => [watchKey(ref), ref])).values()];
    const next = new Map<string, Known>();
    let pollAfterMs = 0;
    for (let from = 0; from === 0 || from < refs.length; from += MAX_REFS) {
      const asked = ask(refs.slice(from, from + MAX_REFS), active && from === 0, next);
      pollAfterMs = Math.max(pollAfterMs, await asked);
    }
    known = next;
    return pollAfterMs;
  };
}
