import { FolderLockedError } from "@statusplane/postgres";
import { Argument, Command } from "commander";
import { readFileSync } from "node:fs";
import type { Application } from "./application.ts";
import { migrateCommand, type MigrateAction } from "./cli/migrate-command.ts";
import { tokenCommand } from "./cli/token-command.ts";
import { watchCommand } from "./cli/watch-command.ts";
import { ConfigError, printConfig, readConfig, ROLES, type Config } from "./config/config.ts";
import { isPlatformVariable } from "./config/variables.ts";
import { NO_VARIABLES, type VariableTable } from "./config/variable.ts";
import { runProgram } from "./program/run-program.ts";

/** What the person at the keyboard has to mend, as opposed to a fault (1). */
const EXIT_BAD_INPUT = 2;

/**
 * The whole program of an application, and its command line: runs it in one of its roles until it is told to stop, prints
 * its settings, or mints a token for scripts. Whatever keeps it from that is said on stderr in one line each, and ends
 * the process: exit code 2 where a setting or an argument is wrong, 1 else.
 * @throws {TypeError} for a variable that has a name of the platform's.
 *
 * @example
 * await runStatusplane({ jobs: [scanJob] });
 */
export async function runStatusplane<Own extends VariableTable = typeof NO_VARIABLES>(
  given: Application<Own>,
): Promise<void> {
  const application = given as Application; // what its functions are given was read by its own table
  const taken = Object.keys(application.variables ?? NO_VARIABLES).find(isPlatformVariable);
  if (taken !== undefined) throw new TypeError(`${taken} is a variable of the platform`);
  try {
    await commandLine(application).parseAsync();
  } catch (error) {
    process.exit(explain(error)); // whatever was half open must not keep a refused start alive
  }
}

function commandLine(application: Application): Command {
  const command = new Command("statusplane")
    .exitOverride() // before its commands are made: they do as it does
    .configureOutput({ writeErr: (text) => process.stderr.write(text) })
    .description("Live job status for multi-tenant web apps at zero database load.")
    .version(application.version ?? platformVersion())
    .option("--role <role>", `what this process does: ${ROLES.join(", ")}`, "all")
    .option("--print-config", "show the settings in force, secrets hidden, and end")
    .action(async (options: { role: string; printConfig?: boolean }) => {
      const config: Config = readConfig(options.role, process.env, application);
      if (options.printConfig === true) console.log(printConfig(config));
      else await runProgram(config, application);
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
      console.log(await tokenCommand({ tenant, sub, lifeSeconds: Number(life), operator }, process.env));
    });
  command
    .command("migrate")
    .description(
      "Show the database's migrations (status), or apply what is missing (up), as each start does.",
    )
    .addArgument(new Argument("<action>", "what to do").choices(["status", "up"]))
    .action(async (action: MigrateAction) => {
      for (const line of await migrateCommand(action, application, process.env)) console.log(line);
    });
  addWatch(command);
  return command;
}

interface WatchArguments {
  readonly active: boolean;
  readonly json: boolean;
  readonly timeout?: string;
  readonly url?: string;
  readonly tenant?: string;
}

function addWatch(command: Command): void {
  command
    .command("watch")
    .description(
      "Show how a job goes until it has ended. Exit code: 0 done, 1 failed, 2 usage, 3 cancelled, 4 unknown, 5 timeout.",
    )
    .argument("[job]", "video:ID, job:ID, or a job's ID alone")
    .option("--active", "everything that is live or lately ended, until it is stopped", false)
    .option("--json", "a line of JSON at each change, instead of bars", false)
    .option("--timeout <seconds>", "ends then with 5")
    .option("--url <address>", "the server; default: STATUSPLANE_URL, or HOST and PORT")
    .option("--tenant <id>", "signs in with JWT_SECRET; default: with the token in STATUSPLANE_TOKEN")
    .action(async (job: string | undefined, options: WatchArguments) => {
      const { active, json, timeout, url = null, tenant = null } = options;
      const timeoutSeconds = timeout === undefined ? null : Number(timeout);
      const wanted = { job: job ?? null, active, json, timeoutSeconds, url, tenant };
      const stop = new AbortController();
      process.once("SIGINT", () => stop.abort());
      const { stdout: output, stderr: errors } = process;
      process.exitCode = await watchCommand(wanted, process.env, { output, errors, stop: stop.signal });
    });
}

function platformVersion(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

function explain(error: unknown): number {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) console.error(problem);
    return EXIT_BAD_INPUT;
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (error instanceof Error && "exitCode" in error && code.startsWith("commander.")) {
    return error.exitCode === 0 ? 0 : EXIT_BAD_INPUT; // commander has said what is wrong, or shown its help
  }
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof FolderLockedError) return EXIT_BAD_INPUT;
  if (error instanceof Error && "syscall" in error && error.syscall === "listen") {
    console.error("PORT, HOST: choose an address that is free and allowed, e.g. PORT=3001 npm start");
    return EXIT_BAD_INPUT;
  }
  return 1;
}
