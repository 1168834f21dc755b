/** Where the worker's lines go: fields first, then one sentence; a pino logger fits. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing: the default. */
export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
