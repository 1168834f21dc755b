import { JobError } from "@statusplane/core";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ReaderMessage, ReaderOrder } from "./reader-messages.ts";

/** Beyond it V8 ends the reading process. A million student numbers take about 200. */
const MAX_HEAP_MEBIBYTES = 512;
/** Rows die young: with room for a few batches the collector takes a quarter less time (measured), for 40 MB more. */
const YOUNG_SPACE = ["--min-semi-space-size=16", "--max-semi-space-size=32"];
/** What is kept of the process's own words, for the log. */
const MAX_STDERR_CHARS = 4_096;

/**
 * Reads a workbook in a process of its own and yields what it says. Taking the next message lets the process go on, so
 * it is never more than a chunk ahead. Leaving the loop ends the process; so does the death of this one.
 * @throws {JobError} `workbook_too_large` when it ran out of memory; anything else it died of is an Error. The signal's
 * reason when it is aborted.
 */
export async function* readStudentsApart(
  order: ReaderOrder,
  signal: AbortSignal,
): AsyncGenerator<ReaderMessage, void, undefined> {
  signal.throwIfAborted();
  const child = startReader(order);
  const gone = once(child, "exit");
  gone.catch(() => undefined); // a process that did not start: its stdout ends, and `exitError` tells
  const end = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", end);
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-MAX_STDERR_CHARS);
  });
  try {
    let finished = false;
    for await (const message of messagesOf(child)) {
      finished = message.type === "done" || message.type === "failed";
      yield message;
    }
    signal.throwIfAborted();
    if (!finished) throw await exitError(child, gone, () => stderr);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", end);
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      end();
      await gone;
    }
  }
}

function startReader(order: ReaderOrder): ChildProcess {
  const here = import.meta.url;
  const fromSource = here.endsWith(".ts");
  const entry = fileURLToPath(new URL(`read-students-process.${fromSource ? "ts" : "js"}`, here));
  const loader = fromSource ? ["--conditions=statusplane-source", "--import", tsxLoader()] : [];
  return fork(entry, [JSON.stringify(order)], {
    execArgv: [
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

async function exitError(child: ChildProcess, gone: Promise<unknown>, stderr: () => string): Promise<Error> {
  await gone;
  const { exitCode: code, signalCode: signalName } = child;
  const words = stderr();
  const outOfMemory = signalName === "SIGABRT" || code === 134 || /heap out of memory/i.test(words);
  const cause = new Error(`the reader of process ${child.pid} ended (${code ?? signalName}): ${words}`);
  return outOfMemory ? new JobError("workbook_too_large", { cause }) : cause;
}
