/**
 * Where the program's lines go: stderr, as JSON for collectors or as text for a person at a terminal.
 * May import pino, core and the server's log options. Lines of every part of the process, the server's too, leave here.
 */
export { openLog, type LogFormat, type ProgramLog } from "./open-log.ts";
export { textLine } from "./text-line.ts";
