import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { monotonicMs, type HistoryLine } from "./history-line.ts";

const FLUSH_EVERY_MS = 200;

type Unstamped<Line> = Line extends unknown ? Omit<Line, "atMs"> : never;

/** The history of one leg: lines are stamped here and go to a file that is fsynced five times a second. */
export class HistoryLog {
  readonly #path: string;
  readonly #file: number;
  readonly #timer: NodeJS.Timeout;
  #unwritten: string[] = [];
  #lines = 0;
  #sights = 0;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, "w");
    this.#timer = setInterval(() => this.flush(), FLUSH_EVERY_MS);
  }

  get sights(): number {
    return this.#sights;
  }

  append(line: Unstamped<HistoryLine>): void {
    this.#unwritten.push(JSON.stringify({ atMs: monotonicMs(), ...line }));
    this.#lines += 1;
    if (line.what === "saw") this.#sights += 1;
  }

  flush(): void {
    if (this.#unwritten.length === 0) return;
    writeSync(this.#file, `${this.#unwritten.join("\n")}\n`);
    this.#unwritten = [];
    fsyncSync(this.#file);
  }

  /** Reads all of it back from the file. @throws {Error} when a line is missing: the checker must see everything. */
  close(): readonly HistoryLine[] {
    clearInterval(this.#timer);
    this.flush();
    closeSync(this.#file);
    const lines = readFileSync(this.#path, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as HistoryLine);
    if (lines.length !== this.#lines) throw new Error(`${lines.length} of ${this.#lines} lines were kept`);
    return lines;
  }
}
