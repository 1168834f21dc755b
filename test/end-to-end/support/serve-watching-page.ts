import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const PAGE = fileURLToPath(new URL("watching-page", import.meta.url));

/** Where a page is served. */
export interface PageHost {
  readonly address: string;
  /** As the browser calls it. Default: the address. */
  readonly name?: string;
}

/** The page that does nothing but watch, built and served. */
export class WatchingPage {
  readonly #server: Server;
  readonly #name: string;

  constructor(server: Server, name: string) {
    this.#server = server;
    this.#name = name;
  }

  /**
   * @param tokenOf makes the token of whoever the page names.
   * @param host where it listens, and by which name its address calls that.
   */
  static async open(
    outDir: string,
    tokenOf: (subject: string, lifeSeconds: number) => Promise<string>,
    { address, name = address }: PageHost = { address: "127.0.0.1" },
  ): Promise<WatchingPage> {
    await build({ root: PAGE, logLevel: "warn", build: { outDir, emptyOutDir: true } });
    const server = createServer((request, response) => {
      const { pathname: path, searchParams } = new URL(request.url ?? "/", "http://page");
      if (path === "/token") {
        const life = Number(searchParams.get("life"));
        return void tokenOf(searchParams.get("sub") ?? "", life).then((token) => response.end(token));
      }
      readFile(join(outDir, path === "/" ? "index.html" : path)).then(
        (bytes) =>
          response.setHeader("Content-Type", path === "/" ? "text/html" : "text/javascript").end(bytes),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    return new WatchingPage(server, name);
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
