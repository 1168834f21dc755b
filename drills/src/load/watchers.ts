import {
  browserEnvironment,
  createClient,
  isEnded,
  type ClientError,
  type Socket,
  type StatusplaneClient,
  type WatchedJob,
} from "@statusplane/client";
import { refKey, type JobRef } from "@statusplane/core";
import type { HistoryLog } from "../history/history-log.ts";
import type { Random } from "../random.ts";
import { WebSocket } from "ws";
import { RawPoller } from "./raw-poller.ts";
import { sightOf } from "./sights.ts";

/** Of the watchers one in five takes what it is answered; the others are the product's client. */
const RAW_SHARE = 0.2;
/** In turn: each tenant has clients of each. Where a stream is cut off, its client polls until it is back. */
const TRANSPORTS = ["websocket", "sse", "poll"] as const;
type Transport = (typeof TRANSPORTS)[number];

export interface WatchersOptions {
  readonly url: string;
  /** Tenant → token. */
  readonly tokens: ReadonlyMap<string, string>;
  /** How many at least; each tenant has two. */
  readonly count: number;
  readonly history: HistoryLog;
  readonly random: Random;
  /** A client's streak of failed requests began. */
  readonly onError: (error: ClientError) => void;
}

/** What a client shows of a job. */
export interface Shown {
  readonly status: WatchedJob["status"];
  readonly attempt: number;
}

interface ClientWatcher {
  readonly name: string;
  readonly tenant: string;
  readonly client: StatusplaneClient;
  readonly transport: Transport;
}

/** Clients and raw pollers of several tenants; each job has one of both for as long as the load lasts. */
export class Watchers {
  readonly #options: WatchersOptions;
  readonly #clients: ClientWatcher[] = [];
  readonly #pollers: { readonly tenant: string; readonly poller: RawPoller }[] = [];
  readonly #ofJob = new Map<
    string,
    { readonly ref: JobRef; readonly client: ClientWatcher; readonly poller: RawPoller }
  >();

  readonly #live = new Set<string>();

  constructor(options: WatchersOptions) {
    this.#options = options;
    const { url, tokens, history, onError } = options;
    const tenants = [...tokens.keys()];
    const count = Math.max(tenants.length * 2, options.count);
    const raw = Math.max(tenants.length, Math.round(count * RAW_SHARE));
    for (let n = 0; n < count; n++) {
      const tenant = tenants[n % tenants.length] ?? "";
      const token = tokens.get(tenant) ?? "";
      if (n < raw) {
        this.#pollers.push({ tenant, poller: new RawPoller({ url, token, name: `raw-${n}`, history }) });
      } else {
        const transport = TRANSPORTS[(n + Math.floor(n / tenants.length)) % TRANSPORTS.length] ?? "poll";
        const client = createClient({
          ...{ baseUrl: url, getToken: () => token, onError, transport },
          environment: { ...browserEnvironment(), openSocket },
        });
        this.#clients.push({ tenant, client, transport, name: `${transport}-${n}` });
      }
    }
  }

  /** Jobs that no client has seen to end. */
  get live(): number {
    return this.#live.size;
  }

  /** How many clients are told by a stream now, of how many that shall be. */
  get streaming(): { readonly live: number; readonly of: number } {
    const streamed = this.#clients.filter(({ transport }) => transport !== "poll");
    const live = streamed.filter(({ client }) => client.connectionStatus === "live");
    return { live: live.length, of: streamed.length };
  }

  /** Begins to watch, or looks again: a job that lives again after its end is news to those who have stopped. */
  watch(ref: JobRef): void {
    const { random, history } = this.#options;
    const known = this.#ofJob.get(refKey(ref));
    if (known !== undefined) {
      known.client.client.watch(ref);
      known.poller.watch(ref);
      return;
    }
    const client = random.pick(this.#clients.filter((each) => each.tenant === ref.tenant));
    const { poller } = random.pick(this.#pollers.filter((each) => each.tenant === ref.tenant));
    this.#ofJob.set(refKey(ref), { ref, client, poller });
    this.#live.add(refKey(ref));
    client.client.watch(ref, (seen) => {
      if (isEnded(seen)) this.#live.delete(refKey(ref));
      if (seen.status !== "UNKNOWN") {
        history.append({ ...sightOf(ref, seen), watcher: client.name, sees: "client" });
      }
    });
    poller.watch(ref);
  }

  /** Cancels or retries as a person does at the page that shows the job. @throws {ClientError} */
  async ask(action: "cancel" | "retry", ref: JobRef): Promise<void> {
    await this.#ofJob.get(refKey(ref))?.client.client[action](ref);
  }

  /** What a job's client shows now. */
  shown(ref: JobRef): Shown | undefined {
    return this.#ofJob.get(refKey(ref))?.client.client.get(ref);
  }

  async close(): Promise<void> {
    for (const { client } of this.#clients) client.close();
    await Promise.all(this.#pollers.map(({ poller }) => poller.close()));
  }
}

function openSocket(url: string, protocols: readonly string[]): Socket {
  const socket = new WebSocket(url.replace("http", "ws"), [...protocols]);
  socket.on("error", () => undefined); // a browser's is told of its end alone
  return socket as unknown as Socket; // the same handlers
}
