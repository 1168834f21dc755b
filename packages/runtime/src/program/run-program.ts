import { UndoStack } from "@statusplane/core";
import type { Logger } from "pino";
import type { Application } from "../application.ts";
import { askYesNo, findTerminal } from "../cli/ask-at-terminal.ts";
import type { Config } from "../config/config.ts";
import { openLog } from "../log/index.ts";
import { armCrash } from "./crash.ts";
import { startProgram } from "./start-program.ts";

/** After SIGTERM a process is gone this long later, whatever hangs. */
const SHUTDOWN_MS = 25_000;

/**
 * Runs the program until it is told to stop: SIGTERM or SIGINT end it in order (exit code 0), a second one at once.
 * @throws {ConfigError} when the start is refused; whatever else keeps it from starting.
 */
export async function runProgram(config: Config, application: Application): Promise<void> {
  const { LOG_LEVEL: level, LOG_FORMAT: format } = config.values;
  const { log, stream } = openLog({ level, format });
  log.info({ role: config.role }, "Statusplane starts");
  if (config.values.CRASH_AT !== null) armCrash(config.values.CRASH_AT);
  const undo = new UndoStack((what, error) =>
    log.error({ err: error, what }, `${what} was not closed in order`),
  );
  const leaving = new AbortController();
  let ending: Promise<void> | null = null;
  const end = (exitCode: number): void => {
    if (ending !== null) process.exit(1);
    process.exitCode = exitCode;
    ending = endInOrder(undo, log);
  };
  process.on("SIGTERM", () => {
    leaving.abort(); // at SIGINT somebody waits at a terminal
    log.info("stopping in order (SIGTERM)");
    end(0);
  });
  process.on("SIGINT", () => {
    if (process.stderr.isTTY) process.stderr.write("\n"); // below the ^C that the terminal shows
    if (ending === null) log.info("stopping in order; Ctrl-C again stops at once");
    end(0);
  });
  const onFatal = (error: Error): void => {
    log.fatal({ err: error }, "fatal error; the program ends");
    end(1);
  };
  const terminal = await findTerminal();
  try {
    await startProgram({
      config,
      application,
      log,
      logStream: stream,
      // whatever the level: without its address nobody finds the program
      announce: (sentence) => log.child({}, { level: "info" }).info(sentence),
      ask: terminal === null ? null : (question) => askYesNo(terminal, question),
      undo,
      leaving: leaving.signal,
      onFatal,
    });
  } catch (error) {
    await undo.run();
    throw error;
  }
}

async function endInOrder(undo: UndoStack, log: Logger): Promise<void> {
  const timer = setTimeout(() => {
    log.error("shutdown timed out; the program ends");
    process.exit(1);
  }, SHUTDOWN_MS);
  await undo.run();
  clearTimeout(timer);
  log.info("stopped");
  process.exit();
}
