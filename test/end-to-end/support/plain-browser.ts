import { findChromium } from "@statusplane/test-support";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: unknown;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** A name that no browser takes for its own machine, though it is: a page by plain http there is no secure context. */
export const HOST_OF_THE_HOUSE = "statusplane.test";

/**
 * Chromium as people have it, spoken to by its own protocol alone: only one tab is seen at a time, and hidden ones can
 * be frozen. Playwright keeps every page visible and its timers running.
 */
export class PlainBrowser {
  readonly #process: ChildProcess;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #listeners = new Set<(answer: Answer) => void>();
  #lastId = 0;

  private constructor(process: ChildProcess, socket: WebSocket) {
    this.#process = process;
    this.#socket = socket;
    socket.on("message", (data: Buffer) => {
      const answer = JSON.parse(data.toString("utf8")) as Answer;
      if (answer.id === undefined) for (const listener of this.#listeners) listener(answer);
      else this.#waiting.get(answer.id)?.(answer);
    });
  }

  /** @param folder of its profile; removed by whoever made it. */
  static async open(folder: string): Promise<PlainBrowser> {
    const path = findChromium();
    if (path === null) throw new Error("Chromium is missing: apt-get install chromium");
    const flags = [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--remote-debugging-port=0",
      `--host-resolver-rules=MAP ${HOST_OF_THE_HOUSE} 127.0.0.1`,
    ];
    const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
    const child = spawn(path, [...flags, ...quiet, `--user-data-dir=${folder}`, "about:blank"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let address = "";
    for await (const line of createInterface({ input: child.stderr })) {
      address = /DevTools listening on (ws:\S+)/.exec(line)?.[1] ?? "";
      if (address !== "") break;
    }
    child.stderr.resume();
    const socket = new WebSocket(address);
    await once(socket, "open");
    return new PlainBrowser(child, socket);
  }

  /** Opens a tab in front of the others, which are hidden then. */
  async openTab(url: string): Promise<BrowserTab> {
    const { targetId } = await this.send("Target.createTarget", { url });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    return new BrowserTab(this, String(targetId), String(sessionId));
  }

  send(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
    sessionId?: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        this.#waiting.delete(id);
        if (error === undefined) resolve(result ?? {});
        else reject(new Error(`${method}: ${error.message}`));
      });
      this.#socket.send(
        JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }),
      );
    });
  }

  on(listener: (method: string, sessionId: string, params: unknown) => void): void {
    this.#listeners.add(({ method = "", sessionId = "", params }) => listener(method, sessionId, params));
  }

  async close(): Promise<void> {
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    this.#socket.terminate();
    await gone;
  }
}

/** One tab of it. */
export class BrowserTab {
  readonly #browser: PlainBrowser;
  readonly #targetId: string;
  readonly #sessionId: string;
  /** WebSockets that are open, by the browser's own count. */
  readonly #sockets = new Set<string>();
  /** How many WebSockets were opened. */
  opened = 0;
  /** Server-Sent Events that are open, by the browser's own count. */
  readonly #events = new Set<string>();

  constructor(browser: PlainBrowser, targetId: string, sessionId: string) {
    this.#browser = browser;
    this.#targetId = targetId;
    this.#sessionId = sessionId;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  get openEvents(): number {
    return this.#events.size;
  }

  /** Begins to count connections. */
  async watchNetwork(): Promise<void> {
    this.#browser.on((method, sessionId, params) => {
      const { requestId } = params as { readonly requestId: string };
      if (sessionId !== this.#sessionId) return;
      if (method === "Network.webSocketCreated") {
        this.opened += 1;
        this.#sockets.add(requestId);
      }
      if (method === "Network.webSocketClosed") this.#sockets.delete(requestId);
      if (method === "Network.requestWillBeSent") {
        const { url } = (params as { readonly request: { readonly url: string } }).request;
        if (new URL(url).pathname === "/api/v1/events/") this.#events.add(requestId);
      }
      if (method === "Network.loadingFinished" || method === "Network.loadingFailed") {
        this.#events.delete(requestId);
      }
    });
    await this.send("Network.enable");
  }

  /** Hears what the browser says of this tab. */
  on(listener: (method: string, params: unknown) => void): void {
    this.#browser.on((method, sessionId, params) => {
      if (sessionId === this.#sessionId) listener(method, params);
    });
  }

  send(method: string, params: Readonly<Record<string, unknown>> = {}) {
    return this.#browser.send(method, params, this.#sessionId);
  }

  /** What an expression is in the page, as JSON. @param userGesture as if somebody had clicked: then a page may play sound. */
  async evaluate<T>(expression: string, { userGesture = false } = {}): Promise<T> {
    const { result } = await this.send("Runtime.evaluate", {
      ...{ expression, userGesture },
      returnByValue: true,
      awaitPromise: true,
    });
    return (result as { readonly value: T }).value;
  }

  /** Stops the page's code where it is: it hears nothing and no timer runs until {@link goOn}. */
  async stop(): Promise<void> {
    await this.send("Debugger.enable");
    const stopped = new Promise<void>((resolve) => {
      this.#browser.on((method, sessionId) => {
        if (sessionId === this.#sessionId && method === "Debugger.paused") resolve();
      });
    });
    await this.send("Debugger.pause");
    await stopped;
  }

  async goOn(): Promise<void> {
    await this.send("Debugger.resume");
    await this.send("Debugger.disable");
  }

  async bringToFront(): Promise<void> {
    await this.#browser.send("Target.activateTarget", { targetId: this.#targetId });
  }

  async close(): Promise<void> {
    await this.#browser.send("Target.closeTarget", { targetId: this.#targetId });
  }
}
