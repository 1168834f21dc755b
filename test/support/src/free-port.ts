import { createServer } from "node:net";

/**
 * Below what systems give to outgoing connections (from 32,768 on Linux, 49,152 on macOS): a server that was killed finds
 * its port free when it starts again.
 */
const FIRST_PORT = 10_000;
const LAST_PORT = 32_000;
const MAX_LOOKS = 1_000;
/** Two servers of one process may both be about to listen. */
const given = new Set<number>();

/** A TCP port of 127.0.0.1 that nothing listens on right now, another one at each call. */
export async function freePort(): Promise<number> {
  for (let look = 0; look < MAX_LOOKS; look++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port after ${MAX_LOOKS} looks`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false)); // taken
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
