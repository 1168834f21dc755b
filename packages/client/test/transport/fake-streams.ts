import type { Socket } from "../../src/environment.ts";
import type { Fetch } from "../../src/statusplane-client.ts";

type Members = Readonly<Record<string, unknown>>;

/** A WebSocket of which the test is the server. */
export class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((message: { readonly data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly url: string;
  readonly protocols: readonly string[];
  /** What the client has said. */
  readonly heard: Members[] = [];
  isOpen = true;

  constructor(url: string, protocols: readonly string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  send(text: string): void {
    this.heard.push(JSON.parse(text) as Members);
  }

  close(): void {
    this.isOpen = false;
  }

  /** The handshake succeeds and the server says hello. */
  accept(hello: Members = {}): void {
    this.onopen?.();
    this.say("hello", { reader: null, expires_at: null, ...hello });
  }

  say(event: string, members: Members = {}): void {
    this.frame(JSON.stringify({ event, ...members }));
  }

  snapshot(members: Members): void {
    this.frame(JSON.stringify(members));
  }

  frame(text: string): void {
    this.onmessage?.({ data: text });
  }

  drop(): void {
    this.isOpen = false;
    this.onclose?.();
  }
}

/** An SSE answer of which the test is the server. */
export class FakeEvents {
  readonly url: string;
  readonly init: RequestInit;
  readonly response: Response;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(url: string, init: RequestInit, head: ResponseInit = {}) {
    this.url = url;
    this.init = init;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#controller = controller),
    });
    this.response = new Response(body, {
      headers: { "Content-Type": "text/event-stream", Date: new Date(0).toUTCString() },
      ...head,
    });
  }

  get isOpen(): boolean {
    return this.init.signal?.aborted === false;
  }

  say(event: string, members: Members = {}): void {
    this.bytes(new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(members)}\n\n`));
  }

  hello(members: Members = {}): void {
    this.say("hello", { reader: null, expires_at: null, ...members });
  }

  bytes(bytes: Uint8Array): void {
    this.#controller?.enqueue(bytes);
  }

  end(): void {
    this.#controller?.close();
  }
}

/** What a client has opened, in order. */
export class FakeStreams {
  readonly sockets: FakeSocket[] = [];
  readonly events: FakeEvents[] = [];
  /** Answers an SSE request otherwise. */
  refuseEvents: (() => Response) | null = null;

  readonly openSocket = (url: string, protocols: readonly string[]): Socket => {
    const socket = new FakeSocket(url, protocols);
    this.sockets.push(socket);
    return socket;
  };

  /** Before another server's `fetch`. */
  before(next: Fetch): Fetch {
    return async (url, init) => {
      if (!url.startsWith("/api/v1/events/")) return next(url, init);
      if (this.refuseEvents !== null) return this.refuseEvents();
      const stream = new FakeEvents(url, init);
      this.events.push(stream);
      return stream.response;
    };
  }

  /** The newest socket; fails where none was opened. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("no socket was opened");
    return socket;
  }

  get stream(): FakeEvents {
    const stream = this.events.at(-1);
    if (stream === undefined) throw new Error("no events were asked for");
    return stream;
  }
}
