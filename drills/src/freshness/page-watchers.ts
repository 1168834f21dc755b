import type { JobRef } from "@statusplane/core";
import { setTimeout as sleep } from "node:timers/promises";
import { openStream } from "../crowd/stream.ts";
import { machineUs } from "./event-clock.ts";
import { WatchedEvents } from "./watched-events.ts";

/** What one connection watches at most. */
const REFS_AT_ONCE = 100;
const POLL_EVERY_MS = 1_000;
const WAYS = ["websocket", "sse", "poll"] as const;

export interface PageWatchersOptions {
  readonly url: string;
  readonly token: string;
  readonly refs: readonly JobRef[];
  readonly versions: number;
}

/** A page of each way to watch, before a real api process: what it was told of all jobs, and how old that was. */
export interface PageWatchers extends AsyncDisposable {
  /** By the way they were told. */
  readonly events: ReadonlyMap<(typeof WAYS)[number], WatchedEvents>;
  /** Resolves when every stream has told everything. */
  readonly ready: Promise<unknown>;
}

export function openPageWatchers({ url, token, refs, versions }: PageWatchersOptions): PageWatchers {
  const events = new Map(WAYS.map((way) => [way, new WatchedEvents({ refs, versions })]));
  const parts = Array.from({ length: Math.ceil(refs.length / REFS_AT_ONCE) }, (_, n) =>
    refs.slice(n * REFS_AT_ONCE, (n + 1) * REFS_AT_ONCE),
  );
  const over = new AbortController();
  const opened = (["websocket", "sse"] as const).flatMap((way) =>
    parts.map((part) => {
      const told = tellTo(events.get(way), part);
      const jobs = part.map(({ id }) => id);
      let isReady = (): void => undefined;
      let hasEnded = false;
      const ready = new Promise<void>((resolve) => (isReady = resolve));
      const stream = openStream(
        { way, url, token, jobs },
        {
          onEvent(event) {
            if (event.event === "snapshot") told(event.ref.id, event.body);
            if (event.event === "ready") isReady();
            if (event.event === "end") hasEnded = true; // an SSE is then closed
          },
          onGone: (status) => {
            if (!hasEnded && !over.signal.aborted) throw new Error(`a stream (${way}) was over: ${status}`);
          },
        },
      );
      return { stream, ready };
    }),
  );
  const polling = parts.map((part) =>
    poll({ url, token, refs: part, told: tellTo(events.get("poll"), part), over: over.signal }),
  );
  return {
    events,
    ready: Promise.all(opened.map(({ ready }) => ready)),
    async [Symbol.asyncDispose]() {
      over.abort();
      for (const { stream } of opened) stream.close();
      await Promise.all(polling);
    },
  };
}

type Told = (id: string, body: unknown) => void;

function tellTo(events: WatchedEvents | undefined, refs: readonly JobRef[]): Told {
  const byId = new Map(refs.map((ref) => [ref.id, ref]));
  return (id, body) => {
    const ref = byId.get(id);
    const { version } = body as { readonly version: number }; // a snapshot, as the writer made it
    if (ref !== undefined) events?.hear({ ref, version, text: JSON.stringify(body) });
  };
}

interface Polling {
  readonly url: string;
  readonly token: string;
  readonly refs: readonly JobRef[];
  readonly told: Told;
  readonly over: AbortSignal;
}

/** Once a second, as a page does; what it has seen is no news. */
async function poll({ url, token, refs, told, over }: Polling): Promise<void> {
  const seen = new Map<string, number>();
  const headers = { authorization: `Bearer ${token}` };
  while (!over.aborted) {
    const askedAtUs = machineUs();
    const response = await fetch(`${url}/api/v1/progress/?jobs=${refs.map(({ id }) => id).join(",")}`, {
      headers,
    });
    if (!response.ok) throw new Error(`a poll was answered ${response.status}`);
    const { jobs } = (await response.json()) as { readonly jobs: Record<string, { version: number }> };
    for (const [id, body] of Object.entries(jobs)) {
      if (body.version !== seen.get(id)) told(id, body);
      seen.set(id, body.version);
    }
    const tookMs = (machineUs() - askedAtUs) / 1_000;
    await sleep(Math.max(0, POLL_EVERY_MS - tookMs), undefined, { signal: over }).catch(() => undefined); // over: looked at above
  }
}
