import { parseArgs, type ParseArgsConfig } from "node:util";

const EXIT_BAD_INPUT = 2;

/** The options of a command; one that nobody knows ends the process with a line about it, the usage, and exit code 2. */
export function readCommandLine<const T extends ParseArgsConfig>(
  usage: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    return badCommandLine(usage, error instanceof Error ? error.message : String(error));
  }
}

/** Ends the process the same way. */
export function badCommandLine(usage: string, ...why: readonly string[]): never {
  console.error([...why, usage].join("\n"));
  process.exit(EXIT_BAD_INPUT);
}
