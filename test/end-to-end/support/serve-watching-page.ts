import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const PAGE = fileURLToPath(new URL("watching-page", import.meta.url));

/** The page that does nothing but watch, built and served. */
export class WatchingPage {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  /** @param tokenOf makes the token of whoever the page names. */
  static async open(
    outDir: string,
    tokenOf: (subject: string, lifeSeconds: number) => Promise<string>,
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
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new WatchingPage(server);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // it listens on a port
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
