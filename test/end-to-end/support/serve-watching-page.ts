import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, defaultClientConditions } from "vite";

/** Where a page is served. */
export interface PageHost {
  readonly address: string;
  /** As the browser calls it. Default: the address. */
  readonly name?: string;
}

export interface WatchingPageOptions {
  /** Default: this machine alone. */
  readonly host?: PageHost;
  /** Its folder beside this file. Default: the page of nothing but a client. */
  readonly page?: "watching-page" | "bars-page" | "player-page";
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mp4": "video/mp4",
};

/** The page that does nothing but watch, built and served. */
export class WatchingPage {
  readonly #server: Server;
  readonly #name: string;

  constructor(server: Server, name: string) {
    this.#server = server;
    this.#name = name;
  }

  /** @param tokenOf makes the token of whoever the page names. */
  static async open(
    outDir: string,
    tokenOf: (subject: string, lifeSeconds: number) => Promise<string>,
    { host = { address: "127.0.0.1" }, page = "watching-page" }: WatchingPageOptions = {},
  ): Promise<WatchingPage> {
    const root = fileURLToPath(new URL(page, import.meta.url));
    await build({
      ...{ root, logLevel: "error", build: { outDir, emptyOutDir: true } },
      resolve: { conditions: ["statusplane-source", ...defaultClientConditions] }, // never a build that could be stale
    });
    const server = createServer((request, response) => {
      const { pathname: path, searchParams } = new URL(request.url ?? "/", "http://page");
      if (path === "/token") {
        const life = Number(searchParams.get("life"));
        return void tokenOf(searchParams.get("sub") ?? "", life).then((token) => response.end(token));
      }
      const file = path === "/" ? "index.html" : path;
      readFile(join(outDir, file)).then(
        (bytes) => response.setHeader("Content-Type", TYPES[extname(file)] ?? "").end(bytes),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, host.address, resolve));
    return new WatchingPage(server, host.name ?? host.address);
  }

  get origin(): string {
    return `http://${this.#name}:${(this.#server.address() as AddressInfo).port}`; // it listens on a port
  }

  /** The page's address for these settings, which reach no server. */
  address(settings: unknown): string {
    return `${this.origin}/#${encodeURIComponent(JSON.stringify(settings))}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
