import type { UndoStack } from "@statusplane/core";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Config } from "../config/config.ts";
import type { JobDefinition } from "@statusplane/worker";
import type { Application, ApplicationContext } from "../application.ts";
import type { DiskHealth } from "./disk-health.ts";
import type { Stores } from "./open-stores.ts";
import type { RunningParts } from "./process-metrics.ts";
import type { Risk } from "./risks.ts";
import type { StoreHealth } from "./store-health.ts";
import type { WriteCounts } from "./write-counts.ts";

export interface StartOptions {
  readonly config: Config;
  readonly application: Application;
  readonly log: Logger;
  /** Where the server's own logger writes; default: stdout. */
  readonly logStream?: { write(line: string): void };
  /** Told where the program is, or what it runs, once it does; a sentence per line. */
  readonly announce: (sentence: string) => void;
  /** Asks the person at the terminal yes or no; null where nobody can be asked. */
  readonly ask: ((question: string) => Promise<boolean>) | null;
  /** Gets the close of whatever is opened. */
  readonly undo: UndoStack;
  /** Aborted at SIGTERM: from then on requests are to go to another process. */
  readonly leaving: AbortSignal;
  /** The program cannot go on. */
  readonly onFatal: (error: Error) => void;
}

/** What the parts of one process share. */
export interface Parts extends StartOptions {
  readonly context: ApplicationContext;
  /** The application's job types. */
  readonly jobs: readonly JobDefinition[];
  readonly stores: Stores;
  readonly counts: WriteCounts;
  readonly health: StoreHealth;
  /** What was found at the start, beside what `health` and `disk` watch. */
  readonly risks: readonly Risk[];
  /** Null for role progress, which has no files. */
  readonly disk: DiskHealth | null;
  readonly registry: Registry;
  readonly running: RunningParts;
}
