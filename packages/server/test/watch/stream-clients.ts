import { keyInTenant } from "@statusplane/core";
import {
  bearerProtocol,
  readFrame,
  readLines,
  ROUTES,
  SUBPROTOCOL,
  type StreamEvent,
  type WatchBody,
} from "@statusplane/core/wire";
import { eventually } from "@statusplane/test-support";
import { request, type IncomingMessage } from "node:http";
import { constants, createGunzip } from "node:zlib";
import { WebSocket } from "ws";

/** A client as a test sees it, whatever transport it has. */
export interface StreamClient {
  /** All that came, in order. */
  readonly events: StreamEvent[];
  /** What came of it, short: `hello`, `snapshot video:1 2.17`, `missing`, … */
  readonly said: string[];
  /** Waits until something was said. */
  until(said: string, times?: number): Promise<void>;
  /** Waits until the connection is over. @returns its close code; 0 for SSE. */
  over(): Promise<number>;
  isOver(): boolean;
  close(): void;
}

export interface OpenOptions {
  readonly base: string;
  readonly token: string;
  readonly ask: WatchBody;
  readonly prefix?: string;
}

/** How a client of each transport is opened. */
export const CLIENTS: readonly (readonly [string, (options: OpenOptions) => Promise<StreamClient>])[] = [
  ["SSE", openSse],
  ["WebSocket", openSocketThatWatches],
];

class Heard {
  readonly events: StreamEvent[] = [];
  readonly said: string[] = [];
  code: number | null = null;

  take(event: StreamEvent | null): void {
    if (event === null) throw new Error("something came that is no event");
    this.events.push(event);
    this.said.push(shortly(event));
  }

  client(close: () => void): StreamClient {
    return {
      ...{ events: this.events, said: this.said, close },
      until: async (said, times = 1) => {
        const isSaid = (): boolean => this.said.filter((each) => each === said).length >= times;
        await eventually(said, isSaid).catch((cause: unknown) => {
          throw new Error(`${said} × ${times} is not among ${this.said.join(", ")}`, { cause });
        });
      },
      over: async () => {
        await eventually("the end", () => this.code !== null).catch((cause: unknown) => {
          throw new Error(`it goes on after ${this.said.join(", ")}`, { cause });
        });
        return this.code ?? 0;
      },
      isOver: () => this.code !== null,
    };
  }
}

function shortly(event: StreamEvent): string {
  switch (event.event) {
    case "snapshot": {
      const { attempt, version, status } = event.body as Readonly<Record<string, unknown>>;
      const state = status === "PROCESSING" ? String(version) : String(status);
      return `${keyInTenant(event.ref)} ${String(attempt)}.${state}`;
    }
    case "missing":
      return `missing ${event.jobs.map(keyInTenant).join(" ")}`;
    case "list":
      return `list ${[
        ...event.list.live.map(keyInTenant),
        ...event.list.ended.map(({ ref }) => `†${keyInTenant(ref)}`),
        ...(event.list.more === 0 ? [] : [`+${event.list.more}`]),
        ...event.list.waiting.keys(),
      ].join(" ")}`;
    case "bye":
      return `bye ${event.reason}`;
    default:
      return event.event;
  }
}

/** By a POST, as a browser's client does; on a connection of its own, which ends with it. */
export async function openSse({ base, token, ask, prefix = "" }: OpenOptions): Promise<StreamClient> {
  const asking = request(base + prefix + ROUTES.events, {
    ...{ method: "POST", agent: false },
    headers: {
      ...{ authorization: `Bearer ${token}`, "content-type": "application/json" },
      "accept-encoding": "gzip", // as browsers do
    },
  });
  asking.end(JSON.stringify(ask));
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    asking.once("response", resolve).once("error", reject);
  });
  asking.on("error", () => undefined); // its close is what a test looks at
  const isPacked = answer.headers["content-encoding"] === "gzip";
  const body = isPacked ? answer.pipe(createGunzip({ flush: constants.Z_SYNC_FLUSH })) : answer;
  body.setEncoding("utf8");
  if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`);
  const heard = new Heard();
  let rest = "";
  body.on("data", (text: string) => {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const of = (name: string): string => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? "";
      if (of("event") !== "") heard.take(readLines(of("event"), of("data")));
    }
  });
  for (const each of [answer, body]) each.on("error", () => undefined);
  answer.once("close", () => (heard.code = 0));
  return heard.client(() => asking.destroy());
}

/** A WebSocket and what it heard. */
export interface SocketClient extends StreamClient {
  readonly ws: WebSocket;
  say(message: object): void;
}

export interface SocketOptions {
  readonly base: string;
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly prefix?: string;
  /** Whether beats are answered. Default true. */
  readonly beats?: boolean;
}

/** Resolves when the handshake is done; rejects with its HTTP status. */
export async function openSocket({
  base,
  protocols = [SUBPROTOCOL],
  headers = {},
  prefix = "",
  beats = true,
}: SocketOptions): Promise<SocketClient> {
  const ws = new WebSocket(base.replace("http", "ws") + prefix + ROUTES.socket, [...protocols], { headers });
  const heard = new Heard();
  ws.on("message", (data: Buffer) => {
    const event = readFrame(data.toString("utf8"));
    heard.take(event);
    if (beats && event?.event === "beat") ws.send(JSON.stringify({ op: "beat" }));
  });
  ws.on("close", (code) => (heard.code = code));
  await new Promise<void>((resolve, reject) => {
    ws.once("open", resolve);
    ws.once("unexpected-response", (_request, answer) => reject(new Error(`status ${answer.statusCode}`)));
    ws.once("error", reject);
  });
  ws.on("error", () => undefined); // its close is what a test looks at
  return {
    ...heard.client(() => ws.terminate()),
    ws,
    say: (message) => ws.send(JSON.stringify(message)),
  };
}

/** Signed in by its subprotocol. */
async function openSocketThatWatches({ base, token, ask, prefix = "" }: OpenOptions): Promise<StreamClient> {
  const client = await openSocket({
    ...{ base, prefix },
    protocols: [SUBPROTOCOL, bearerProtocol(token) ?? ""],
  });
  client.say({ op: "watch", ...ask });
  return client;
}
