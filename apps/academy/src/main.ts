/** The command line: starts the product in one of its roles, prints its settings, or mints a token for scripts. */
import { FolderLockedError } from "@statusplane/postgres";
import { Command } from "commander";
import { mintToken } from "./cli/mint-token.ts";
import { ConfigError, printConfig, readConfig, ROLES } from "./config/config.ts";
import { ACADEMY_JOBS } from "./jobs/job-types.ts";
import { runProgram } from "./program/run-program.ts";

/** What the person at the keyboard has to mend, as opposed to a fault (1). */
const EXIT_BAD_INPUT = 2;

const command = new Command("statusplane")
  .description("Live job status for multi-tenant web apps at zero database load.")
  .option("--role <role>", `what this process does: ${ROLES.join(", ")}`, "all")
  .option("--print-config", "show the settings in force, secrets hidden, and end")
  .action(async (options: { role: string; printConfig?: boolean }) => {
    const config = readConfig(options.role, process.env);
    if (options.printConfig === true) console.log(printConfig(config));
    else await runProgram(config, ACADEMY_JOBS);
  });

command
  .command("token")
  .description("Print a sign-in token for scripts (HS256 with JWT_SECRET).")
  .requiredOption("--tenant <id>", "the tenant it is for")
  .requiredOption("--sub <name>", "whom it names as the jobs' creator")
  .option("--life <seconds>", "seconds until it expires", "3600")
  .option("--operator", "may read /metrics from outside", false)
  .action(async (options: { tenant: string; sub: string; life: string; operator: boolean }) => {
    const { tenant, sub, life, operator } = options;
    console.log(await mintToken({ tenant, sub, lifeSeconds: Number(life), operator }, process.env));
  });

try {
  await command
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) })
    .parseAsync();
} catch (error) {
  process.exit(explain(error)); // whatever was half open must not keep a refused start alive
}

function explain(error: unknown): number {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) console.error(problem);
    return EXIT_BAD_INPUT;
  }
  if (
    error instanceof Error &&
    "exitCode" in error &&
    "code" in error &&
    String(error.code).startsWith("commander.")
  ) {
    return error.exitCode === 0 ? 0 : EXIT_BAD_INPUT; // commander has said what is wrong, or shown its help
  }
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof FolderLockedError) return EXIT_BAD_INPUT;
  if (error instanceof Error && "code" in error && (error.code === "EADDRINUSE" || error.code === "EACCES")) {
    console.error("PORT, HOST: choose an address that is free and allowed, e.g. PORT=3001 npm start");
    return EXIT_BAD_INPUT;
  }
  return 1;
}
