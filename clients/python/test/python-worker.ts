import { findPython } from "@statusplane/test-support";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("./caller.py", import.meta.url));

/** A Python process that calls functions of `statusplane.py`. */
export interface PythonWorker {
  /** @throws {Error} what the function raised, as `Type: text`; or how the process ended. */
  call(name: string, args: readonly unknown[], kwargs?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** SIGKILL: it writes nothing more. */
  kill(): Promise<void>;
  /** Ends it as a program ends that has nothing more to do. */
  stop(): Promise<void>;
}

interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

export interface PythonWorkerOptions {
  /** How often it says that it lives, in seconds. Default 0: never by itself. */
  readonly signOfLifeSeconds?: number;
  /** When it gives Redis up, in seconds; 0: as the file's own client does. Default 10: a busy machine is no outage. */
  readonly timeoutSeconds?: number;
}

/** Starts a worker process. */
export function startPythonWorker(url: string, options: PythonWorkerOptions = {}): PythonWorker {
  const { signOfLifeSeconds = 0, timeoutSeconds = 10 } = options;
  const python = findPython();
  if (python === null)
    throw new Error("Python with its Redis client is missing: apt-get install python3-redis");
  const child = spawn(python, [PROGRAM, url, String(signOfLifeSeconds), String(timeoutSeconds)], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const errors: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(String(chunk)));
  child.stdin.on("error", () => undefined); // its end is told below
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async call(name, args, kwargs = {}) {
      child.stdin.write(`${JSON.stringify([name, args, kwargs])}\n`);
      const line = await answers.next();
      if (line.done === true) throw new Error(`caller.py ended: ${errors.join("")}`);
      const { value, error } = JSON.parse(line.value) as Answer;
      if (error !== undefined) throw new Error(error);
      return value;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
