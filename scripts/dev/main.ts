/**
 * `npm run dev`: the product from its sources, on the embedded default, for whoever changes it. The page comes from Vite,
 * a changed module is in the open tab at once; the program starts anew when source of its own changes (`packages/` but for
 * the client, `apps/academy`), in under two seconds on a calm machine. Variables are those of the program; `PORT` is the page's.
 */
import { existsSync, readdirSync } from "node:fs";
import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { readCommandLine } from "../../test/support/src/command-line.ts";
import { freePort } from "../../test/support/src/free-port.ts";
import { openDevPage } from "./dev-page.ts";
import { DevProgram } from "./dev-program.ts";
import { ProgramBundle } from "./program-bundle.ts";

const USAGE = "usage: npm run dev        (PORT=3000, and the program's variables)";
const DEFAULT_PORT = 3_000;
/** An editor writes a file in several steps. */
const CHANGE_SETTLES_MS = 30;
const EXIT_BAD_INPUT = 2;

readCommandLine(USAGE, { options: {} });
const root = fileURLToPath(new URL("../../", import.meta.url));
const say = (line: string): void => void process.stderr.write(`dev: ${line}\n`);

/** Where the program's source is. */
function programFolders(): string[] {
  const packages = readdirSync(`${root}packages`).filter((name) => name !== "client");
  return [...packages.map((name) => `packages/${name}`), "apps/academy"]
    .flatMap((folder) => ["src", "migrations", "embedded"].map((part) => `${root}${folder}/${part}`))
    .filter((folder) => existsSync(folder));
}

const programPort = await freePort();
const port = Number(process.env["PORT"] ?? "") || DEFAULT_PORT;
const bundle = await ProgramBundle.open(`${root}build/dev`);
const program = new DevProgram({
  say,
  bundle,
  env: {
    LOG_FORMAT: "text",
    INSTALL_FFMPEG: "0", // nobody can be asked in there; `npm start` asks
    ...process.env,
    ...{ HOST: "127.0.0.1", PORT: String(programPort) },
  },
});
const page = await openDevPage({
  folder: `${root}apps/web`,
  port,
  programUrl: `http://127.0.0.1:${programPort}`,
  settled: () => program.settled,
}).catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  say("PORT: choose one that is free, e.g. PORT=3001 npm run dev");
  process.exit(EXIT_BAD_INPUT);
});

let ending: Promise<void> | null = null;
/** A terminal's Ctrl-C may arrive twice, from the terminal and from npm: it means the same. */
function end(): void {
  ending ??= (async () => {
    await Promise.all([program.stop(), page.close()]);
    await bundle[Symbol.asyncDispose]();
    say("stopped");
    process.exit(0);
  })();
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);

const folders = programFolders();
let timer: NodeJS.Timeout | undefined;
page.watcher.add(folders);
page.watcher.on("all", (_event, path) => {
  if (ending !== null || !folders.some((folder) => path.startsWith(`${folder}${sep}`))) return;
  const changedAt = performance.now();
  clearTimeout(timer);
  timer = setTimeout(() => void startAnew(relative(root, path), changedAt), CHANGE_SETTLES_MS);
});

async function startAnew(changed: string, changedAt: number): Promise<void> {
  const answers = await program.restart();
  if (answers)
    say(`${changed} runs, ${((performance.now() - changedAt) / 1_000).toFixed(1)} s after it was changed`);
}

const began = performance.now();
if (await program.restart()) {
  say(
    `Statusplane is at http://127.0.0.1:${port}/ after ${((performance.now() - began) / 1_000).toFixed(1)} s`,
  );
}
