import type { JobRef } from "@statusplane/core";
import { findProgram } from "@statusplane/test-support";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("./note_writer.py", import.meta.url));
/** Debian's own Python: another one that comes first in PATH does not see its packages. */
const SYSTEM_PYTHON = "/usr/bin/python3";
const MISSING = "Python with its Redis client is missing: apt-get install python3-redis";

/** A Python program that writes to Redis as the design note's helpers do. */
export interface NoteWriter {
  /** Resolves when Redis has it. */
  readonly write: (command: "processing" | "finish", ref: JobRef, members: object) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts the program. Its end before an answer rejects the write that waits for it. */
export function startNoteWriter(port: number): NoteWriter {
  const python = existsSync(SYSTEM_PYTHON) ? SYSTEM_PYTHON : findProgram("python3");
  if (python === null) throw new Error(MISSING);
  const child = spawn(python, [PROGRAM, String(port)], { stdio: ["pipe", "pipe", "pipe"] });
  const errors: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(String(chunk)));
  const ended = new Promise<never>((_resolve, reject) => {
    child.stdin.on("error", () => undefined); // the program's end is told below
    child.once("error", reject);
    child.once("close", () => {
      const said = errors.join("");
      reject(new Error(/No module named '?redis/.test(said) ? MISSING : `note_writer.py ended: ${said}`));
    });
  });
  ended.catch(() => undefined); // told to whoever waits for an answer
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async write(command, ref, members) {
      child.stdin.write(`${JSON.stringify([command, ref.kind, ref.tenant, ref.id, members])}\n`);
      const answer = await Promise.race([answers.next(), ended]);
      if (answer.done === true) await ended;
    },
    async stop() {
      child.stdin.end();
      await ended.catch(() => undefined); // its end is what is waited for
    },
  };
}
