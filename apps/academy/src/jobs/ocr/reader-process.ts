import { JobError } from "@statusplane/core";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { existsSync } from "node:fs";
import {
  confinementHere,
  runConfined,
  type Confinement,
  type ConfinedEnd,
  type ConfinedRun,
} from "../../ffmpeg/index.ts";
import { OCR_ERRORS } from "./ocr-errors.ts";
import { OCR_LIMITS } from "./ocr-limits.ts";
import type { ReaderMessage, ReadOrder } from "./reader-messages.ts";

/** Beyond it V8 ends the process; pictures and engines are outside of its heap. */
const MAX_HEAP_MEBIBYTES = 512;

export interface ReadLimits {
  readonly memoryBytes: number;
  /** Seconds without any word until it is ended. */
  readonly silentSeconds: number;
  readonly documentSeconds: number;
}

/**
 * Reads a document in a process of its own, confined as this system allows, and yields what it says. Leaving the loop
 * ends the process; so does the death of this one.
 * @throws {JobError} `document_too_complex` when it ran out of memory or time; anything else it died of is an Error. The
 * signal's reason when it is aborted.
 */
export async function* readPagesApart(
  order: ReadOrder,
  signal: AbortSignal,
  limits: ReadLimits = OCR_LIMITS,
): AsyncGenerator<ReaderMessage, void, undefined> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const messages = new MessageQueue(limits.silentSeconds, () => stop.abort(tooComplex("silent")));
  const run = runConfined({
    ...readerCommand(await confinementHere(), order, limits),
    signal: AbortSignal.any([signal, stop.signal]),
    // Written by our own process, but it has read a hostile file: still only data.
    onLine: (line) => messages.add(JSON.parse(line) as ReaderMessage),
  });
  run.then(
    (end) => messages.end(failureOf(end)),
    (error: unknown) => messages.end(error),
  );
  try {
    yield* messages.all();
  } finally {
    stop.abort();
    await run.catch(() => undefined); // told by the queue
  }
}

function tooComplex(detail: string): JobError {
  return new JobError(OCR_ERRORS.document_too_complex, { cause: new Error(detail) });
}

/** What ended the process; null when it had said all. */
function failureOf({ exitCode, limit, stderrTail }: ConfinedEnd): Error | null {
  if (limit === "wall_clock" || limit === "cpu") return tooComplex(`limit: ${limit}`);
  if (limit === "file_size") return new JobError("output_too_large");
  if (exitCode === 0) return null;
  const words = `the reader ended (${exitCode ?? "by a signal"}): ${stderrTail}`;
  // 134 and 137: ended by V8 or the C library, and by the kernel, for want of memory
  const outOfMemory = exitCode === 134 || exitCode === 137 || /out of memory|bad_alloc|ENOMEM/i.test(words);
  return outOfMemory ? tooComplex(words) : new Error(words);
}

function readerCommand(
  confinement: Confinement,
  order: ReadOrder,
  { memoryBytes, documentSeconds }: ReadLimits,
): Omit<ConfinedRun, "signal"> {
  const here = import.meta.url;
  const fromSource = here.endsWith(".ts");
  const entry = fileURLToPath(new URL(`reader/read-pages-process.${fromSource ? "ts" : "js"}`, here));
  const loader = fromSource ? ["--conditions=statusplane-source", "--import", tsxLoader()] : [];
  return {
    confinement,
    program: process.execPath,
    args: [
      ...[`--max-old-space-size=${MAX_HEAP_MEBIBYTES}`, "--disable-proto=throw", ...loader],
      ...[entry, JSON.stringify(order)],
    ],
    readable: [...codeFolders(dirname(entry)), order.path].filter((path) => existsSync(path)),
    writable: [order.folder],
    limits: {
      ...{ memoryBytes, memory: "data", cpuSeconds: documentSeconds, fileBytes: OCR_LIMITS.outputBytes },
      wallClockMs: documentSeconds * 1_000,
    },
  };
}

/** Found from here, not from the folder that the program happens to run in. */
function tsxLoader(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
}

/** The package that the code is in, and all folders of installed packages that it may import from; no other. */
function codeFolders(from: string): readonly string[] {
  const folders: string[] = [];
  let own: string | null = null;
  for (let folder = from; ; folder = dirname(folder)) {
    if (own === null && existsSync(join(folder, "package.json"))) own = folder;
    const modules = join(folder, "node_modules");
    if (existsSync(modules)) folders.push(modules);
    if (dirname(folder) === folder) return own === null ? folders : [own, ...folders];
  }
}

/** Messages in the order they came, for one who takes them one by one; silence ends it. */
class MessageQueue {
  readonly #silentMs: number;
  readonly #onSilence: () => void;
  readonly #waiting: ReaderMessage[] = [];
  #wake: () => void = () => undefined;
  #ended: { readonly error: unknown } | null = null;
  #silence: NodeJS.Timeout;

  constructor(silentSeconds: number, onSilence: () => void) {
    this.#silentMs = silentSeconds * 1_000;
    this.#onSilence = onSilence;
    this.#silence = setTimeout(onSilence, this.#silentMs);
  }

  add(message: ReaderMessage): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(this.#onSilence, this.#silentMs);
    this.#waiting.push(message);
    this.#wake();
  }

  /** @param error what it ended with, null for nothing */
  end(error: unknown): void {
    clearTimeout(this.#silence);
    this.#ended = { error };
    this.#wake();
  }

  async *all(): AsyncGenerator<ReaderMessage, void, undefined> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) yield next;
      else if (this.#ended === null) await new Promise<void>((resolve) => (this.#wake = resolve));
      else if (this.#ended.error === null) return;
      else throw this.#ended.error;
    }
  }
}
