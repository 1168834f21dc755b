import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

/** What a box on the way does to streams. Everything else passes. */
export type BoxRule =
  | { readonly kind: "pass" }
  /** Passes an answer's bytes on only when so many have come, or it has ended. */
  | { readonly kind: "hold"; readonly bytes: number }
  /** Takes `Upgrade` off: the server gets a plain GET. */
  | { readonly kind: "drop-upgrade" }
  /** Lets the handshake of a WebSocket pass, and no frame after it, either way. */
  | { readonly kind: "swallow-frames" }
  /** Answers itself; the server is never asked. */
  | { readonly kind: "answer"; readonly status: number; readonly type?: string; readonly body?: string }
  /** Goes on reading from the server for clients that have gone, and never tells it. */
  | { readonly kind: "acknowledge" };

export interface BoxOptions {
  /** The server's, on 127.0.0.1. */
  readonly port: number;
  /** Which addresses the rule is for. Default: all. */
  readonly isStream?: (path: string) => boolean;
}

/**
 * A middlebox between clients and a server, as companies, antivirus programs and providers have them. What it does to
 * streams can be changed at any time, for connections from then on.
 */
export class HttpBox {
  rule: BoxRule = { kind: "pass" };
  /** Requests and upgrades that the rule was for. */
  struck = 0;
  readonly #server: Server;
  readonly #options: BoxOptions;
  readonly #sockets = new Set<Socket>();

  constructor(server: Server, options: BoxOptions) {
    this.#server = server;
    this.#options = options;
    server.on("connection", (socket) => this.#keep(socket));
    server.on("request", (request, response) => this.#onRequest(request, response));
    server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) =>
      this.#onUpgrade(request, socket, head),
    );
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // it listens on a port
  }

  /** Ends every connection, both ways. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #ruleFor({ url = "/" }: IncomingMessage): BoxRule {
    if (this.rule.kind === "pass" || this.#options.isStream?.(url) === false) return { kind: "pass" };
    this.struck += 1;
    return this.rule;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const rule = this.#ruleFor(request);
    if (rule.kind === "answer") return answer(response, rule);
    this.#forward(request, response, rule);
  }

  #forward(request: IncomingMessage, response: ServerResponse, rule: BoxRule): void {
    const { method, url: path, headers } = request;
    const asked = ask({ host: "127.0.0.1", port: this.#options.port, method, path, headers, agent: false });
    asked.on("socket", (socket) => this.#keep(socket));
    asked.on("error", () => response.destroy());
    asked.on("response", (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      if (rule.kind !== "hold") response.flushHeaders();
      passOn(answered, response, rule);
    });
    request.on("error", () => undefined); // its close follows
    response.on("close", () => {
      if (rule.kind !== "acknowledge") asked.destroy();
    });
    request.pipe(asked);
  }

  #onUpgrade(request: IncomingMessage, client: Socket, head: Buffer): void {
    client.on("error", () => undefined); // its close follows
    const rule = this.#ruleFor(request);
    if (rule.kind === "answer") {
      const { status, type = "text/html", body = "" } = rule;
      const length = Buffer.byteLength(body);
      return void client.end(
        `HTTP/1.1 ${status} Box\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${body}`,
      );
    }
    const server = this.#keep(connect(this.#options.port, "127.0.0.1"));
    server.on("error", () => client.destroy());
    const isHop = (name: string): boolean => /^(?:upgrade|connection)$/i.test(name);
    const lines = [`${request.method} ${request.url} HTTP/1.1`];
    for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
      const name = request.rawHeaders[i] ?? "";
      if (rule.kind !== "drop-upgrade" || !isHop(name)) lines.push(`${name}: ${request.rawHeaders[i + 1]}`);
    }
    if (rule.kind === "drop-upgrade") lines.push("connection: close");
    server.write(`${lines.join("\r\n")}\r\n\r\n`);
    if (rule.kind === "swallow-frames") return swallowAfterHandshake(client, server);
    if (head.length > 0) server.write(head);
    client.pipe(server, { end: rule.kind !== "acknowledge" });
    server.pipe(client);
    server.on("close", () => client.destroy());
    client.on("close", () => {
      if (rule.kind === "acknowledge") server.resume();
      else server.destroy();
    });
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return socket;
  }
}

/** Listens on a free port of 127.0.0.1, and passes everything on until its `rule` says otherwise. */
export async function startHttpBox(options: BoxOptions): Promise<HttpBox> {
  const server = createServer();
  server.requestTimeout = 0;
  const box = new HttpBox(server, options);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return box;
}

function answer(response: ServerResponse, rule: BoxRule & { readonly kind: "answer" }): void {
  const { status, type = "text/html", body = "" } = rule;
  response.writeHead(status, { "content-type": type }).end(status === 204 ? undefined : body);
}

function passOn(from: IncomingMessage, to: ServerResponse, rule: BoxRule): void {
  const held: Buffer[] = [];
  let heldBytes = 0;
  const least = rule.kind === "hold" ? rule.bytes : 0;
  from.on("data", (bytes: Buffer) => {
    if (to.destroyed) return; // acknowledged, for a client that has gone
    held.push(bytes);
    heldBytes += bytes.length;
    if (heldBytes < least) return;
    to.write(Buffer.concat(held));
    held.length = 0;
    heldBytes = 0;
  });
  from.on("end", () => to.end(Buffer.concat(held)));
  from.on("error", () => to.destroy());
}

function swallowAfterHandshake(client: Socket, server: Socket): void {
  let head = Buffer.alloc(0);
  let isShaken = false;
  server.on("data", (bytes: Buffer) => {
    if (isShaken) return;
    head = Buffer.concat([head, bytes]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    isShaken = true;
    client.write(head.subarray(0, end + 4));
  });
  client.resume(); // what it says goes nowhere
  server.on("close", () => client.destroy());
  client.on("close", () => server.destroy());
}
