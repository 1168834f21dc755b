/**
 * The embedded Postgres (PGlite) in a thread of its own: on the main thread it would block the event loop for up to a
 * second. It listens on a Unix socket, so the same `pg` code speaks to it as to a server. Plain JavaScript, shipped as
 * it is: a worker thread of Node 20 loads no TypeScript. This is the one place that loads the two optional packages.
 *
 * workerData: `{ folder, socketPath }`; says "ready" when it listens, and ends after any message.
 */
import { parentPort, workerData } from "node:worker_threads";

async function loadPackages() {
  try {
    const [{ PGlite }, { PGLiteSocketServer }] = await Promise.all([
      import("@electric-sql/pglite"),
      import("@electric-sql/pglite-socket"),
    ]);
    return { PGlite, PGLiteSocketServer };
  } catch (cause) {
    throw new Error(
      "The embedded database needs two packages: npm install @electric-sql/pglite @electric-sql/pglite-socket " +
        "(or set DATABASE_URL to use a Postgres server)",
      { cause },
    );
  }
}

if (parentPort === null) throw new Error("pglite-thread.js is started as a worker thread");
const port = parentPort;
const { PGlite, PGLiteSocketServer } = await loadPackages();
const database = await PGlite.create({ dataDir: workerData.folder });
/** More than the pool's one: a new connection may come before the old one is quite gone. */
const server = new PGLiteSocketServer({ db: database, path: workerData.socketPath, maxConnections: 8 });
await server.start();

async function close() {
  await server.stop();
  await database.close();
  port.close();
}
port.once("message", () => void close());
port.postMessage("ready");
