import { JobError } from "@statusplane/core";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { setPriority } from "node:os";
import { performance } from "node:perf_hooks";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ReaderMessage, ReaderOrder } from "./reader-messages.ts";
import { readingTimeOf, type ReadingTime } from "./reading-time.ts";
import { IMPORT_ERRORS } from "./import-errors.ts";

/** Beyond it V8 ends the reading process. A million student numbers take about 200. */
const MAX_HEAP_MEBIBYTES = 512;
/** Rows die young: with room for a few batches the collector takes a quarter less time (measured), for 40 MB more. */
const YOUNG_SPACE = ["--min-semi-space-size=16", "--max-semi-space-size=32"];
/** A reading that takes longer than this gives way to those that begin: most files are small. */
const PROMPT_MS = 1_000;
/** Added to the process's niceness then; beside one at full priority it keeps a third of the processor. */
const LOWER_PRIORITY = 5;
/** The kernel ends the process at the limit of its processor time, whatever it is busy with (`ulimit` of any sh). */
const LIMITED = 'ulimit -S -t "$1" && shift && exec "$@"';
/** What is kept of the process's own words, for the log. */
const MAX_STDERR_CHARS = 4_096;

/**
 * Reads a workbook in a process of its own and yields what it says. Taking the next message lets the process go on, so
 * it is never more than a chunk ahead. Leaving the loop ends the process; so does the death of this one.
 * @param time how long it may take. Default: by the file's size, see {@link readingTimeOf}.
 * @throws {JobError} `workbook_too_large` when it ran out of memory, `workbook_too_complex` when it ran out of time,
 * `input_gone` when there is no file; anything else it died of is an Error. The signal's reason when it is aborted.
 */
export async function* readStudentsApart(
  order: ReaderOrder,
  signal: AbortSignal,
  time?: ReadingTime,
): AsyncGenerator<ReaderMessage, void, undefined> {
  signal.throwIfAborted();
  const { processorSeconds, waitedSeconds } = time ?? readingTimeOf(await fileBytes(order.path));
  const child = startReader(order, processorSeconds);
  const gone = once(child, "exit");
  gone.catch(() => undefined); // a process that did not start: its stdout ends, and `exitError` tells
  const end = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", end);
  const lower = setTimeout(() => lowerPriority(child), PROMPT_MS);
  let overTime = false;
  const onOverTime = (): void => {
    overTime = true;
    end();
  };
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-MAX_STDERR_CHARS);
  });
  try {
    let finished = false;
    for await (const message of within(messagesOf(child), waitedSeconds * 1_000, onOverTime)) {
      finished = message.type === "done" || message.type === "failed";
      yield message;
    }
    signal.throwIfAborted();
    if (!finished) throw await exitError(child, gone, { stderr: () => stderr, overTime });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    clearTimeout(lower);
    signal.removeEventListener("abort", end);
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      end();
      await gone;
    }
  }
}

async function fileBytes(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw error instanceof Error && "code" in error && error.code === "ENOENT"
      ? new JobError("input_gone", { cause: error })
      : error;
  }
}

function lowerPriority(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    setPriority(child.pid, LOWER_PRIORITY);
  } catch {
    // it has just ended, or the system does not allow it: then it goes on as it is
  }
}

/** Passes messages on, and calls `onOver` when those that take them have waited longer than this in all. */
async function* within(
  messages: AsyncGenerator<ReaderMessage, void, undefined>,
  limitMs: number,
  onOver: () => void,
): AsyncGenerator<ReaderMessage, void, undefined> {
  let leftMs = limitMs;
  for (;;) {
    const start = performance.now();
    const timer = setTimeout(onOver, leftMs);
    const next = await messages.next().finally(() => clearTimeout(timer));
    leftMs -= performance.now() - start;
    if (next.done === true) return;
    yield next.value;
  }
}

function startReader(order: ReaderOrder, processorSeconds: number): ChildProcess {
  const here = import.meta.url;
  const fromSource = here.endsWith(".ts");
  const entry = fileURLToPath(new URL(`read-students-process.${fromSource ? "ts" : "js"}`, here));
  const loader = fromSource ? ["--conditions=statusplane-source", "--import", tsxLoader()] : [];
  return fork(entry, [JSON.stringify(order)], {
    execPath: "/bin/sh",
    execArgv: [
      ...["-c", LIMITED, "sh", String(processorSeconds), process.execPath],
      `--max-old-space-size=${MAX_HEAP_MEBIBYTES}`,
      ...YOUNG_SPACE,
      "--disable-proto=throw",
      ...loader,
    ],
    env: {}, // no secrets where hostile files are read
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
}

/** Found from here, not from the folder that the program happens to run in. */
function tsxLoader(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
}

async function* messagesOf(child: ChildProcess): AsyncGenerator<ReaderMessage, void, undefined> {
  if (child.stdout === null) return;
  child.stdout.setEncoding("utf8");
  const pieces: string[] = [];
  for await (const text of child.stdout as AsyncIterable<string>) {
    let from = 0;
    for (let newline = text.indexOf("\n"); newline !== -1; newline = text.indexOf("\n", from)) {
      pieces.push(text.slice(from, newline));
      from = newline + 1;
      // Written by our own process, but it has read a hostile file: still only data, and typed columns in the statement.
      yield JSON.parse(pieces.join("")) as ReaderMessage;
      pieces.length = 0;
    }
    pieces.push(text.slice(from));
  }
}

async function exitError(
  child: ChildProcess,
  gone: Promise<unknown>,
  { stderr, overTime }: { stderr: () => string; overTime: boolean },
): Promise<Error> {
  await gone;
  const { exitCode: code, signalCode: signalName } = child;
  const words = stderr();
  const outOfMemory = signalName === "SIGABRT" || code === 134 || /heap out of memory/i.test(words);
  const cause = new Error(`the reader of process ${child.pid} ended (${code ?? signalName}): ${words}`);
  if (overTime || signalName === "SIGXCPU")
    return new JobError(IMPORT_ERRORS.workbook_too_complex, { cause });
  return outOfMemory ? new JobError(IMPORT_ERRORS.workbook_too_large, { cause }) : cause;
}
