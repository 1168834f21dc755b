import { eventsPath, namesBody, readLines, watchSearch, type WatchBody } from "@statusplane/core/wire";
import { ClientError } from "../client-error.ts";
import type { Sender } from "../sender.ts";
import { watchKey } from "../watched-job.ts";
import type { Wanted } from "./delivery.ts";
import { eventLines } from "./event-lines.ts";
import type { OpenStream, OpenStreamOf, StreamListener } from "./stream.ts";

/** What every box on the way lets through as an address; more goes into a body. */
const ADDRESS_MAX_CHARACTERS = 2_000;

/** Server-Sent Events by `fetch`, which can sign its request as `EventSource` cannot. */
export function sseOf(sender: Sender): OpenStreamOf {
  return (wanted, listener) => openEvents(sender, wanted, listener);
}

function openEvents(sender: Sender, wanted: Wanted, listener: StreamListener): OpenStream {
  const asked = new Set(wanted.refs.map(watchKey));
  const abort = new AbortController();
  const { signal } = abort;

  void run(); // never rejects
  return {
    // What is no more wanted may go on to be told: only what is new needs another connection.
    watch: ({ refs, active, views }) =>
      (!active || wanted.active) &&
      refs.every((ref) => asked.has(watchKey(ref))) &&
      views.every((id) => wanted.views.includes(id)),
    renew: () => false,
    close: () => abort.abort(),
  };

  async function run(): Promise<void> {
    let retryAfterMs = 0;
    try {
      const { path, ...init } = requestOf(wanted);
      await sender.send(path, { ...init, cache: "no-store", deadlineMs: 0, signal }, read);
    } catch (error) {
      // Whatever cut it off, it is over; the poll that takes over tells of a server that is away.
      if (error instanceof ClientError) retryAfterMs = error.retryAfterMs ?? 0;
    }
    if (!signal.aborted) listener.onEnd({ retryAfterMs });
  }

  async function read(response: Response): Promise<void> {
    const type = response.headers.get("Content-Type") ?? "";
    if (response.body === null || !type.startsWith("text/event-stream")) return; // another program's answer
    const push = eventLines((name, data) => {
      const event = signal.aborted ? null : readLines(name, data);
      if (event !== null) listener.onEvent(event);
    });
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (signal.aborted) return;
      listener.onLife();
      push(part.value);
    }
  }
}

function requestOf({ refs, ...rest }: Wanted) {
  const headers = { Accept: "text/event-stream" };
  const path = eventsPath() + watchSearch(refs, rest.active);
  if (path.length <= ADDRESS_MAX_CHARACTERS && rest.views.length === 0) return { path, headers };
  const body: WatchBody = { ...namesBody(refs), ...rest };
  return {
    path: eventsPath(),
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
}
