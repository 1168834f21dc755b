import { inspect } from "node:util";

/** Where the worker's lines go: fields first, then one sentence; a pino logger fits. */
export interface Log {
  /** One line per claim, answer and end of every attempt. Default: nothing of it is said. */
  debug?(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing. */
export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The default: failures on stderr, a line each (an unforeseen error's stack follows it), and nothing of what went well. */
export const stderrLog: Log = {
  info: () => undefined,
  warn: (fields, message) => console.error(lineOf("warn", fields, message)),
  error: (fields, message) => console.error(lineOf("error", fields, message)),
};

function lineOf(level: string, fields: object, message: string): string {
  const { err, ...rest } = fields as { readonly err?: unknown };
  const told = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const line = [new Date().toISOString(), level, message, ...told].join(" ");
  return err === undefined ? line : `${line}\n${inspect(err)}`;
}
