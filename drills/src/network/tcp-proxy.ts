import { createConnection, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { TcpFlow } from "./tcp-flow.ts";
import { TrafficControl, type Traffic } from "./traffic.ts";

export interface TcpTarget {
  readonly host: string;
  readonly port: number;
}

export interface TcpProxyOptions {
  /** Of 127.0.0.1; default 0: a free one. */
  readonly port?: number;
  /** Taken in turn by new connections; one that refuses is passed over. */
  readonly targets: readonly TcpTarget[];
}

/** Two sockets and what flows between them; without a server while none is reached yet. */
interface Link {
  readonly client: Socket;
  server?: Socket;
  requests?: TcpFlow;
  replies?: TcpFlow;
}

/** Listens on 127.0.0.1 and passes connections on to its targets until it is told to do worse. */
export async function startTcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return new TcpProxy(server, options.targets);
}

/**
 * A network that can be broken. What holds until the next change, for new connections and those there are:
 *
 * ```
 *            ┌─ refuse()       new connections are reset, the others go on
 *            ├─ blackHole()    half-open: connections are accepted, nothing flows, nothing closes
 *  pass ─────┼─ delay(ms)      each chunk, both ways, that much later; order kept
 *   ▲        ├─ slow(rate)     each direction of each connection at that pace
 *   │        └─ dropReplies()  executed but timed out: requests arrive, replies are swallowed, nothing closes;
 *   │                          with a text: on a connection whose request has it, from there on
 *   └────────── heal(), or another of these in its place
 * ```
 *
 * What a black hole held flows on when it ends, as TCP would send it again. A connection that lost replies cannot go
 * on: it is reset at the next change. Once and at once, whatever holds: `cut()` resets every connection;
 * `resetMidReply()` lets half of the next reply through and resets its connection (disarmed by a change);
 * `abandon()` forgets every connection without a word, as a router does: neither end hears anything more, for ever.
 */
export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #control = new TrafficControl();
  readonly #links = new Set<Link>();
  readonly #abandoned = new Set<Link>();
  #targets: readonly TcpTarget[];
  #turn = 0;

  constructor(server: Server, targets: readonly TcpTarget[]) {
    this.#server = server;
    this.#targets = targets;
    this.port = (server.address() as AddressInfo).port; // it listens on a port, not on a path
    server.on("connection", (client) => void this.#accept(client));
  }

  /** Clients connected now; abandoned ones are not. */
  get connections(): number {
    return this.#links.size;
  }

  /** Connections refused, cut or reset and replies swallowed so far: 0 says that no fault has met anything. */
  get struck(): number {
    return this.#control.struck;
  }

  /** For connections from now on. */
  setTargets(targets: readonly TcpTarget[]): void {
    this.#targets = targets;
  }

  heal(): void {
    this.#become({ kind: "pass" });
  }

  refuse(): void {
    this.#become({ kind: "refuse" });
  }

  blackHole(): void {
    this.#become({ kind: "black-hole" });
  }

  dropReplies(since: string | null = null): void {
    this.#become({ kind: "drop-replies", since });
  }

  delay(ms: number): void {
    this.#become({ kind: "delay", ms });
  }

  slow(bytesPerSecond: number): void {
    this.#become({ kind: "slow", bytesPerSecond });
  }

  resetMidReply(): void {
    this.#control.armReset();
  }

  cut(): void {
    for (const link of this.#links) {
      this.#control.strike();
      reset(link);
    }
  }

  abandon(): void {
    for (const link of this.#links) {
      if (link.server === undefined) continue; // not connected yet: it is a new one
      this.#control.strike();
      link.requests?.silence();
      link.replies?.silence();
      this.#links.delete(link);
      this.#abandoned.add(link);
      // a server would learn of it by its own keepalive, hours later; here it need not keep what its client gave up
      const forget = (): void => {
        this.#abandoned.delete(link);
        reset(link);
      };
      link.client.once("end", forget);
      link.client.once("close", forget);
    }
  }

  /** Stops listening and resets what is connected. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve)); // an error: it was closed before
    this.heal();
    for (const link of [...this.#links, ...this.#abandoned]) reset(link);
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #become(traffic: Traffic): void {
    this.#control.become(traffic);
    for (const link of this.#links) if (link.replies?.isTorn === true) reset(link);
  }

  async #accept(client: Socket): Promise<void> {
    client.on("error", () => undefined); // its close follows and is passed on
    if (this.#control.traffic.kind === "refuse") {
      this.#control.strike();
      return void client.resetAndDestroy();
    }
    const link: Link = { client };
    this.#links.add(link);
    client.once("close", () => this.#links.delete(link));
    while (this.#control.traffic.kind === "black-hole") await this.#control.change();
    const server = await this.#dial();
    if (server === null || client.destroyed) {
      server?.destroy();
      return void client.resetAndDestroy();
    }
    link.server = server;
    const control = this.#control;
    const replies = new TcpFlow({ from: server, to: client, control, isReply: true });
    const onBytes = (bytes: Buffer): void => {
      const { traffic } = control;
      if (traffic.kind === "drop-replies" && traffic.since !== null && bytes.includes(traffic.since))
        replies.loseReplies();
    };
    link.replies = replies;
    link.requests = new TcpFlow({ from: client, to: server, control, isReply: false, onBytes });
    client.resume();
  }

  /** The next target that accepts; null when none does. */
  async #dial(): Promise<Socket | null> {
    const targets = this.#targets;
    const first = this.#turn++;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[(first + i) % targets.length];
      const socket = target === undefined ? null : await dial(target);
      if (socket !== null) return socket;
    }
    return null;
  }
}

function dial({ host, port }: TcpTarget): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, allowHalfOpen: true, noDelay: true });
    socket.once("connect", () => resolve(socket));
    socket.on("error", () => resolve(null)); // later: its close follows and is passed on
  });
}

function reset({ client, server }: Link): void {
  client.resetAndDestroy();
  server?.resetAndDestroy();
}
