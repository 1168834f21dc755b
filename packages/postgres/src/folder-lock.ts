import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, readdir, rename, rm } from "node:fs/promises";
import { createConnection, createServer, type Server } from "node:net";
import { join } from "node:path";

/** Another living process has the folder. */
export class FolderLockedError extends Error {
  override readonly name = "FolderLockedError";
  readonly pid: number;

  constructor(folder: string, pid: number) {
    super(
      `${folder} is in use by process ${pid}. Stop it first, or give this one a DATA_DIR of its own: ` +
        "the embedded database takes one process",
    );
    this.pid = pid;
  }
}

export interface FolderLock {
  /** A second call does nothing. */
  release(): Promise<void>;
}

/**
 * What a process says of itself. `dead`: its socket is there, but nobody listens · `unclear`: it closed the connection
 * without a word, as one does that gives up at this moment.
 */
type Answer = "trying" | "held" | "dead" | "unclear";

const NAME = /^lock-([0-9]+)-[0-9a-f]{8}\.sock$/;
/** A process that is stopped or busy still accepts, through the kernel: it holds its lock. */
const ANSWER_WITHIN_MS = 2_000;
const ASK_AGAIN_MS = 20;
const ASK_AT_MOST = 250;

/**
 * An exclusive lock that ends with its process, even by kill -9: a socket listened on, under a name used once.
 * Everyone listens first and asks the others afterwards, so of two who come at once at least one sees the other.
 * - nobody listens: left by a dead process; removed, which hurts nobody for its name never comes back
 * - `held`: refused
 * - `trying`: the lower name goes on, and waits until the other has given up (it may not have seen us: then it holds)
 *
 * A socket gets its name only once it is listened on, so that one without a listener is always a dead one's.
 * @param folder for the sockets alone, on a file system that processes of this machine share.
 * @param lockedFolder what the error names.
 * @throws {FolderLockedError}
 */
export async function lockFolder(folder: string, lockedFolder: string = folder): Promise<FolderLock> {
  const name = `lock-${process.pid}-${randomBytes(4).toString("hex")}.sock`;
  let state: Answer = "trying";
  const server = createServer((socket) => {
    socket.on("error", () => undefined); // who asked has gone
    socket.end(state);
  });
  await listen(server, folder, name);
  const release = async (): Promise<void> => {
    if (!server.listening) return;
    await rm(join(folder, name), { force: true });
    await new Promise((resolve) => server.close(resolve));
  };
  try {
    for (const other of await readdir(folder)) {
      if (other !== name && NAME.test(other)) await giveWay({ folder, lockedFolder, name, other });
    }
  } catch (error) {
    await release();
    throw error;
  }
  state = "held";
  return { release };
}

interface Rivals {
  readonly folder: string;
  readonly lockedFolder: string;
  readonly name: string;
  readonly other: string;
}

/** Resolves when the other is gone; rejects when it has the lock, or comes first. */
async function giveWay({ folder, lockedFolder, name, other }: Rivals): Promise<void> {
  const path = join(folder, other);
  for (let asked = 0; asked < ASK_AT_MOST; asked++) {
    const answer = await ask(path);
    if (answer === "dead") return rm(path, { force: true });
    if (answer === "held" || (answer === "trying" && other < name)) break;
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
  throw new FolderLockedError(lockedFolder, Number(NAME.exec(other)?.[1]));
}

async function listen(server: Server, folder: string, name: string): Promise<void> {
  const unnamed = join(folder, name.replace("lock-", "new-"));
  server.listen(unnamed);
  await once(server, "listening");
  server.unref();
  await chmod(unnamed, 0o600);
  await rename(unnamed, join(folder, name));
}

function ask(path: string): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    let said = "";
    socket.setTimeout(ANSWER_WITHIN_MS, () => {
      socket.destroy();
      resolve("held");
    });
    socket.on("data", (chunk) => (said += String(chunk)));
    socket.on("end", () => resolve(said === "trying" || said === "held" ? said : "unclear"));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve("dead");
      else resolve(error.code === "ECONNRESET" || error.code === "EPIPE" ? "unclear" : "held");
    });
  });
}
