import { eventsPath, namesBody, readLines, watchSearch, type WatchBody } from "@statusplane/core/wire";
import { ClientError } from "../client-error.ts";
import type { Sender } from "../sender.ts";
import { watchKey } from "../watched-job.ts";
import type { Wanted } from "./delivery.ts";
import { EventLines } from "./event-lines.ts";
import type { OpenStream, OpenStreamOf, StreamListener } from "./stream.ts";

/** What every box on the way lets through as an address; more goes into a body. */
const ADDRESS_MAX_CHARACTERS = 2_000;

/** Server-Sent Events by `fetch`, which can sign its request as `EventSource` cannot. */
export function sseOf(sender: Sender): OpenStreamOf {
  return (wanted, listener) => new EventsStream(sender, wanted, listener);
}

class EventsStream implements OpenStream {
  readonly #sender: Sender;
  readonly #wanted: Wanted;
  readonly #asked: ReadonlySet<string>;
  readonly #listener: StreamListener;
  readonly #abort = new AbortController();

  constructor(sender: Sender, wanted: Wanted, listener: StreamListener) {
    this.#sender = sender;
    this.#wanted = wanted;
    this.#asked = new Set(wanted.refs.map(watchKey));
    this.#listener = listener;
    void this.#run(); // never rejects
  }

  /** What is no more wanted may go on to be told: only what is new needs another connection. */
  watch({ refs, active }: Wanted): boolean {
    return (!active || this.#wanted.active) && refs.every((ref) => this.#asked.has(watchKey(ref)));
  }

  renew(): boolean {
    return false;
  }

  close(): void {
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    let retryAfterMs = 0;
    try {
      const { path, ...init } = requestOf(this.#wanted);
      await this.#sender.send(
        path,
        { ...init, cache: "no-store", deadlineMs: 0, signal: this.#abort.signal },
        (response) => this.#read(response),
      );
    } catch (error) {
      // Whatever cut it off, it is over; the poll that takes over tells of a server that is away.
      if (error instanceof ClientError) retryAfterMs = error.retryAfterMs ?? 0;
    }
    if (!this.#abort.signal.aborted) this.#listener.onEnd({ retryAfterMs });
  }

  async #read(response: Response): Promise<void> {
    const type = response.headers.get("Content-Type") ?? "";
    if (response.body === null || !type.startsWith("text/event-stream")) return; // another program's answer
    const lines = new EventLines((name, data) => {
      const event = this.#abort.signal.aborted ? null : readLines(name, data);
      if (event !== null) this.#listener.onEvent(event);
    });
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (this.#abort.signal.aborted) return;
      this.#listener.onLife();
      lines.push(part.value);
    }
  }
}

function requestOf({ refs, active }: Wanted) {
  const headers = { Accept: "text/event-stream" };
  const path = eventsPath() + watchSearch(refs, active);
  if (path.length <= ADDRESS_MAX_CHARACTERS) return { path, headers };
  const body: WatchBody = { ...namesBody(refs), active };
  return {
    path: eventsPath(),
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
}
