import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The built program, as `npm start` runs it. */
const PROGRAM = fileURLToPath(new URL("../../../apps/academy/bin/statusplane.js", import.meta.url));
/** Within a line of JSON, of text, or as it is. */
const ADDRESS = /\bStatusplane (?:\(\w+\) )?is at ([^\s"]+)/;
const START_MS = 60_000;

export interface RunningProgram {
  /** Base URL without trailing slash; empty for role worker. */
  readonly url: string;
  readonly pid: number;
  /** Resolves with the exit code (null after a signal) once the process is gone. */
  readonly gone: Promise<number | null>;
  /** Everything printed so far. */
  output(): string;
  pause(): void;
  resume(): void;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
}

export interface ProgramOptions {
  readonly role?: "all" | "api" | "progress" | "worker";
  /** The file to run; default the built program. It must take `--role ROLE` and say its address the same way. */
  readonly program?: string;
  /** Of node itself, before the program's path. Default: none. */
  readonly nodeArguments?: readonly string[];
  /** Nothing of the test's own environment but PATH, HOME and TMPDIR reaches the program. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts the product as a process of its own and waits for its address (or, for a worker, for its word that it runs). */
export async function startProgram({
  role = "all",
  program = PROGRAM,
  nodeArguments = [],
  env,
}: ProgramOptions): Promise<RunningProgram> {
  const { PATH = "", HOME = "", TMPDIR = "" } = process.env;
  const child = spawn(process.execPath, [...nodeArguments, program, "--role", role], {
    env: {
      PATH,
      HOME,
      ...(TMPDIR === "" ? {} : { TMPDIR }),
      PORT: "0",
      LOG_LEVEL: "warn",
      DRAIN_SECONDS: "0",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const gone = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const url = await firstAddress(child, lines, gone);
  return {
    url,
    pid: child.pid ?? 0,
    gone,
    output: () => lines.join("\n"),
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
    async stop() {
      child.kill("SIGTERM");
      return gone;
    },
  };
}

function firstAddress(child: ChildProcess, lines: string[], gone: Promise<number | null>): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`the program said no address within ${START_MS} ms:\n${lines.join("\n")}`));
    }, START_MS);
    const listen = (line: string): void => {
      lines.push(line);
      const match = ADDRESS.exec(line);
      if (match !== null || line.includes("Statusplane (worker) runs")) {
        clearTimeout(timer);
        resolve((match?.[1] ?? "").replace(/\/$/, ""));
      }
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", listen);
    }
    void gone.then((code) => {
      clearTimeout(timer);
      reject(new Error(`the program ended with ${code}:\n${lines.join("\n")}`));
    });
  });
}
