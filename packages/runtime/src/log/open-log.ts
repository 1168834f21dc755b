import { logOptions } from "@statusplane/server";
import { pino, type Logger } from "pino";
import { textLine } from "./text-line.ts";

/** `json`: one object per line, for collectors · `text`: one line for a person. */
export type LogFormat = "json" | "text";

export interface LogSettings {
  /** pino's level. */
  readonly level: string;
  /** Null: text where stderr is a terminal, JSON elsewhere. */
  readonly format: LogFormat | null;
}

export interface ProgramLog {
  readonly log: Logger;
  /** Where a part that makes its own logger writes. */
  readonly stream: { write(line: string): void };
}

const STDERR = 2;

/** Opens the log of this process on stderr. Lines are written at once: the last ones before a crash are there. */
export function openLog({ level, format }: LogSettings): ProgramLog {
  const stderr = pino.destination({ dest: STDERR, sync: true });
  const isTerminal = process.stderr.isTTY;
  const isText = format === null ? isTerminal : format === "text";
  const inColour = isTerminal && (process.env["NO_COLOR"] ?? "") === "";
  const stream = isText
    ? { write: (line: string): void => void stderr.write(textLine(line, { inColour })) }
    : stderr;
  return { log: pino(logOptions({ level }), stream), stream };
}
