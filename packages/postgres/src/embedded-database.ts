import { UndoStack } from "@statusplane/core";
import { once } from "node:events";
import { chmod, mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { openDatabase, type Database, type RecordOptions } from "./database.ts";
import { lockFolder } from "./folder-lock.ts";
import { removeSocketFolder, socketFolder } from "./socket-folder.ts";

export interface EmbeddedDatabaseOptions extends RecordOptions {
  /** The database is in `postgres` of this folder; made if missing. */
  readonly dataDir: string;
  /** Told when the database's thread ends by itself: every statement will fail from then on. Default: nobody. */
  readonly onFailure?: (error: Error) => void;
}

/** Every tenant's rows are in it: no other account of this machine has a way to them. */
const OWNER_ALONE = 0o700;
/** One connection for all: whoever waits for it waits for the statements before. */
const WAIT_TIMEOUT_MS = 30_000;
/** `pg` connects to `.s.PGSQL.{port}` in the folder it is given as host. */
const SOCKET_PORT = 5432;

/**
 * Opens the embedded Postgres of a folder: locks the folder, starts the thread, brings the tables up to date and ends
 * all leases, for no other process can be alive. One connection, one statement at a time, no prepared statements (the
 * session outlives its connections, and with it their names). A first start takes seconds.
 * @throws {FolderLockedError} when another process has it; an Error naming the packages when they are not installed.
 *
 * @example
 * const database = await openEmbeddedDatabase({ dataDir: ".data" });
 */
export async function openEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<Database> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true, mode: OWNER_ALONE });
  const sockets = await socketFolder(dataDir);
  const undo = new UndoStack();
  undo.push("socket folder", () => removeSocketFolder(sockets));
  try {
    const lock = await lockFolder(sockets, dataDir);
    undo.push("lock", () => lock.release());
    const stopThread = await startThread(join(dataDir, "postgres"), sockets, options.onFailure);
    undo.push("thread", stopThread);
    const bounds = { max: 1, statementTimeoutMs: 0, answerTimeoutMs: WAIT_TIMEOUT_MS };
    const database = await openDatabase({
      ...options,
      target: { host: sockets, port: SOCKET_PORT, user: "postgres", database: "postgres" },
      request: bounds,
      background: null,
      connMaxAgeSeconds: 0,
      connectTimeoutMs: WAIT_TIMEOUT_MS,
      preparedStatements: false,
    });
    undo.push("connections", () => database.close());
    if (options.migrateAtOpen !== false) await database.expireAllLeases();
    return withClose(database, undo);
  } catch (error) {
    await undo.run();
    throw error;
  }
}

function withClose(database: Database, undo: UndoStack): Database {
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= undo.run());
  return { ...database, close, [Symbol.asyncDispose]: close };
}

/** @returns its graceful end: Postgres writes what it holds and the thread is gone. */
async function startThread(
  folder: string,
  sockets: string,
  onFailure: (error: Error) => void = () => undefined,
): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: OWNER_ALONE });
  await chmod(folder, OWNER_ALONE); // one that an earlier version made, or an unpacked copy
  const socketPath = join(sockets, `.s.PGSQL.${SOCKET_PORT}`);
  await rm(socketPath, { force: true }); // left by a killed process: the lock says nobody listens
  const thread = new Worker(new URL("../embedded/pglite-thread.js", import.meta.url), {
    workerData: { folder, socketPath },
    execArgv: [],
  });
  const exited = new Promise<void>((resolve) => void thread.once("exit", () => resolve()));
  await once(thread, "message"); // rejects with the thread's error when it cannot start
  await chmod(socketPath, 0o600);
  let stopping = false;
  thread.on("error", onFailure);
  thread.on("exit", (code) => {
    if (!stopping) onFailure(new Error(`the embedded database's thread ended with code ${code}`));
  });
  return async () => {
    stopping = true;
    thread.postMessage("close");
    await exited;
  };
}
