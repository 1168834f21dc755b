import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Connect, type ViteDevServer } from "vite";

export interface DevPageOptions {
  /** Of apps/web. */
  readonly folder: string;
  readonly port: number;
  /** Where the program listens, without trailing slash. */
  readonly programUrl: string;
  /** True once the program answers, false when it does not start. */
  readonly settled: () => Promise<boolean>;
}

/** What the program answers; all else is the page's. */
const OF_PROGRAM = "^/(api|media|docs|healthz|readyz|metrics|openapi\\.json)(/|\\?|$)";

/**
 * Vite's server of the page: changed modules reach an open tab at once, what the program answers is asked of it. A
 * request that comes while the program starts anew waits for it, so that no answer is an old one, and no poll fails.
 * @throws {Error} when the port is taken.
 */
export async function openDevPage(options: DevPageOptions): Promise<ViteDevServer> {
  const isOfProgram = new RegExp(OF_PROGRAM);
  const hold = async (
    request: IncomingMessage,
    response: ServerResponse,
    next: Connect.NextFunction,
  ): Promise<void> => {
    if (!isOfProgram.test(request.url ?? "") || (await options.settled())) return next();
    response.writeHead(503, { "content-type": "text/plain", "retry-after": "1" });
    response.end("The program does not run: the terminal says why.\n");
  };
  const server = await createServer({
    root: options.folder,
    clearScreen: false,
    logLevel: "warn",
    server: {
      host: "127.0.0.1",
      port: options.port,
      strictPort: true,
      proxy: { [OF_PROGRAM]: { target: options.programUrl, ws: true } },
    },
    plugins: [
      {
        name: "hold-while-starting",
        configureServer: ({ middlewares }) => void middlewares.use((...exchange) => void hold(...exchange)),
      },
    ],
  });
  try {
    return await server.listen();
  } catch (error) {
    await server.close();
    throw error;
  }
}
