import { readFrame, readLines, SUBPROTOCOL, type StreamEvent } from "@statusplane/core/wire";
import { get, type IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import type { Way } from "./crowd-words.ts";

const DEFAULT_RETRY_SECONDS = 1;

export interface StreamOrder {
  readonly way: Exclude<Way, "poll">;
  readonly url: string;
  readonly token: string;
  /** Ids; none: nothing is watched yet. */
  readonly jobs: readonly string[];
  /** The tenant's live list, too. Default false. */
  readonly active?: boolean;
}

export interface StreamListener {
  readonly onEvent: (event: StreamEvent) => void;
  /** It is over; 0: cut off, closed by the server, or never there. Not told after `close`. */
  readonly onGone: (status: number, retryAfterMs: number) => void;
}

/** One stream, as raw as it comes: no second try, nothing left out. */
export interface CrowdStream {
  /** A WebSocket's alone. */
  watch(jobs: readonly string[]): void;
  close(): void;
}

export function openStream(order: StreamOrder, listener: StreamListener): CrowdStream {
  let isOver = false;
  const told: StreamListener = {
    onEvent: (event) => void (isOver || listener.onEvent(event)),
    onGone(status, retryAfterMs) {
      if (isOver) return;
      isOver = true;
      listener.onGone(status, retryAfterMs);
    },
  };
  const stream = order.way === "sse" ? openEvents(order, told) : openSocket(order, told);
  return {
    watch: (jobs) => stream.watch(jobs),
    close() {
      isOver = true;
      stream.close();
    },
  };
}

function openSocket(
  { url, token, jobs, active }: StreamOrder,
  { onEvent, onGone }: StreamListener,
): CrowdStream {
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/v1/ws/`, [SUBPROTOCOL, `bearer.${token}`], {
    perMessageDeflate: false,
  });
  const watch = (watched: readonly string[]): void =>
    socket.send(JSON.stringify({ op: "watch", jobs: watched, active }));
  socket.on("open", () => watch(jobs));
  socket.on("message", (data: Buffer) => {
    const event = readFrame(data.toString());
    if (event?.event === "beat") socket.send('{"op":"beat"}');
    else if (event !== null) onEvent(event);
  });
  socket.on("unexpected-response", (_request, response: IncomingMessage) => {
    onGone(response.statusCode ?? 0, retryAfterMs(response));
    response.destroy();
  });
  socket.on("error", () => onGone(0, 0));
  socket.on("close", () => onGone(0, 0));
  return { watch, close: () => socket.terminate() };
}

function openEvents(
  { url, token, jobs, active }: StreamOrder,
  { onEvent, onGone }: StreamListener,
): CrowdStream {
  const headers = { authorization: `Bearer ${token}`, accept: "text/event-stream" };
  const request = get(
    `${url}/api/v1/events/?jobs=${jobs.join(",")}${active === true ? "&active=1" : ""}`,
    { agent: false, headers },
    (response) => {
      if (response.statusCode !== 200) {
        onGone(response.statusCode ?? 0, retryAfterMs(response));
        response.destroy();
        return;
      }
      let rest = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        const blocks = (rest + part).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const event of blocks.map(eventOf)) if (event !== null) onEvent(event);
      });
      response.on("error", () => onGone(0, 0));
      response.on("close", () => onGone(0, 0));
    },
  );
  request.on("error", () => onGone(0, 0));
  return { watch: () => undefined, close: () => void request.destroy() };
}

function eventOf(block: string): StreamEvent | null {
  const lines = block.split("\n");
  const of = (field: string): string[] =>
    lines.filter((line) => line.startsWith(`${field}: `)).map((line) => line.slice(field.length + 2));
  return readLines(of("event")[0] ?? "", of("data").join("\n"));
}

function retryAfterMs({ headers }: IncomingMessage): number {
  return Number(headers["retry-after"] ?? DEFAULT_RETRY_SECONDS) * 1_000;
}
