import { execFile, spawn, type ChildProcess } from "node:child_process";
import { chown, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { eventually } from "./eventually.ts";
import { findProgram, postgresFolders } from "./find-program.ts";
import { freePort } from "./free-port.ts";
import type { ServerPlace } from "./server-place.ts";

const run = promisify(execFile);

export interface PostgresServer {
  /** Superuser, database `postgres`. */
  readonly url: string;
  readonly port: number;
  /** Of the postmaster. */
  readonly pid: number;
  /** Makes an empty database and answers its URL (same superuser). */
  createDatabase(name?: string): Promise<string>;
  /** SIGKILL of the postmaster and its backends, as a power cut would. */
  kill(): Promise<void>;
  /** SIGSTOP / SIGCONT of the postmaster and its backends: the connections stay open, nothing answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Starts again on the same data after {@link kill}. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Postgres refuses root: as root its programs run as the account `postgres`, else `nobody`. */
async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = await readFile("/etc/passwd", "utf8");
  for (const name of ["postgres", "nobody"]) {
    const fields = passwd
      .split("\n")
      .find((line) => line.startsWith(`${name}:`))
      ?.split(":");
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error("Postgres refuses root, and there is no account 'postgres' or 'nobody' to run it as");
}

export interface PostgresOptions extends ServerPlace {
  /** Default false: tests do not cut the power. */
  readonly durable?: boolean;
}

/** Starts a real Postgres with `pg_stat_statements` loaded. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const folders = postgresFolders();
  const initdb = findProgram("initdb", folders);
  const postgres = findProgram("postgres", folders);
  if (initdb === null || postgres === null)
    throw new Error("Postgres is missing: apt-get install postgresql");
  const account = await serverAccount();
  const folder = await mkdtemp(join(options.within ?? tmpdir(), "statusplane-postgres-"));
  if (account !== undefined) await chown(folder, account.uid, account.gid);
  const as = { cwd: folder, ...account };
  const data = join(folder, "data");
  await run(
    initdb,
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
    as,
  );
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const settings = [
      ["shared_preload_libraries", "pg_stat_statements"],
      ["pg_stat_statements.track", "all"],
      ["pg_stat_statements.max", "10000"],
      ["listen_addresses", "127.0.0.1"],
      ["unix_socket_directories", folder],
      ["max_connections", "200"],
      ...(options.durable === true
        ? []
        : [
            ["fsync", "off"],
            ["full_page_writes", "off"],
          ]),
    ];
    const args = settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const spawnServer = (): ChildProcess =>
      spawn(postgres as string, ["-D", data, "-p", String(port), ...args], {
        ...as,
        stdio: "ignore",
        env: { ...process.env, ...options.env },
      });
    child = spawnServer();
    await eventually(
      "postgres answers",
      () => {
        // after a kill a last backend may still hold the shared memory for a moment: the postmaster then gives up
        if (child === undefined || child.exitCode !== null) child = spawnServer();
        return withClient(url, async () => true);
      },
      60_000,
    );
  }

  async function end(signal: "SIGKILL" | "SIGINT"): Promise<void> {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    if (signal === "SIGKILL") ending.kill("SIGSTOP"); // it starts no backend that is not among these
    const backends = signal === "SIGKILL" ? await childrenOf(ending.pid ?? 0) : [];
    const gone = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill(signal);
    for (const pid of backends) signalIfAlive(pid, "SIGKILL");
    await gone;
    if (signal === "SIGKILL") await rm(join(data, "postmaster.pid"), { force: true });
  }

  async function signalAll(signal: NodeJS.Signals): Promise<void> {
    const pid = child?.pid ?? 0;
    for (const each of [pid, ...(await childrenOf(pid))]) signalIfAlive(each, signal);
  }

  await start();
  let databases = 0;
  return {
    url,
    port,
    get pid() {
      return child?.pid ?? 0;
    },
    async createDatabase(name = `test_${++databases}`) {
      await withClient(url, (client) => client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`));
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
    kill: () => end("SIGKILL"),
    pause: () => signalAll("SIGSTOP"),
    resume: () => signalAll("SIGCONT"),
    start,
    async stop() {
      await end("SIGINT");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs one piece of work on a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined); // the query in flight reports it
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await run("ps", ["-A", "-o", "pid=,ppid="]);
  return stdout
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child ?? 0);
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
