import { eventually, freePort } from "@statusplane/test-support";
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBrowser, openPage } from "./support/browser.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SOURCES = ["packages", "apps", "scripts", "test/support", "tsconfig.base.json", "package.json"];
const NOT_SOURCE = new Set(["node_modules", "dist", ".statusplane", "test"]);

/** The sources, that a test may change, beside the libraries that are installed. */
async function copyOfSources(folder: string): Promise<void> {
  for (const source of SOURCES) {
    await cp(join(ROOT, source), join(folder, source), {
      recursive: true,
      filter: (path) => path === join(ROOT, source) || !NOT_SOURCE.has(basename(path)),
    });
  }
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "@statusplane"), { recursive: true });
  for (const name of await readdir(join(ROOT, "node_modules"))) {
    if (!name.startsWith(".") && name !== "@statusplane")
      await symlink(join(ROOT, "node_modules", name), join(modules, name));
  }
  for (const name of readdirSync(join(folder, "packages")))
    await symlink(join(folder, "packages", name), join(modules, "@statusplane", name));
}

async function change(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, "utf8");
  if (!text.includes(from)) throw new Error(`${file} does not say ${from}`);
  await writeFile(file, text.replaceAll(from, to));
}

/** Process ids of whatever this process has started, and they in turn. */
function descendants(pid: number): number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        return [{ pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) }];
      } catch {
        return []; // gone meanwhile
      }
    });
  const children = parents.filter(({ parent }) => parent === pid).map((each) => each.pid);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

const lives = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** `npm run dev` as whoever changes the product uses it: a tab is open, a file is saved, Ctrl-C ends it. */
describe("npm run dev", () => {
  let folder: string;
  let browser: Browser;
  let dev: ChildProcess;
  let gone: Promise<number | null>;
  let url: string;
  let said = "";
  const times = (words: string): number => said.split(words).length - 1;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "statusplane-dev-"));
    await copyOfSources(folder);
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const { PATH = "", HOME = "" } = process.env;
    const env = { PATH, HOME, PORT: String(port), DATA_DIR: join(folder, "data") };
    dev = spawn(process.execPath, ["--import", "tsx", "scripts/dev/main.ts"], {
      ...{ cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] },
    });
    dev.stderr?.on("data", (text: Buffer) => void (said += text.toString()));
    gone = new Promise((resolve) => dev.once("exit", (code) => resolve(code)));
    await eventually("its address", () => said.includes(`Statusplane is at ${url}/`), 200_000);
    browser = await openBrowser();
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    dev?.kill("SIGTERM");
    await gone;
    await rm(folder, { recursive: true, force: true });
  });

  it("shows a changed page in the open tab, answers by changed code, and leaves no process behind", async () => {
    const { page, context } = await openPage(browser, { language: "en-US" });
    await page.goto(`${url}/`);
    await page.getByRole("button", { name: /Garam|가람학원/ }).waitFor({ timeout: 60_000 }); // told by the program
    await change(
      join(folder, "apps/web/src/text/en.ts"),
      "Start with a demo academy",
      "Changed while it was open",
    );
    await page.getByText("Changed while it was open").waitFor({ timeout: 60_000 });
    expect(times("Statusplane starts")).toBe(1);

    const nowhere = (): Promise<string> =>
      fetch(`${url}/api/v1/nowhere/`, { headers: { "accept-language": "en" } }).then((answer) =>
        answer.text(),
      );
    expect(await nowhere()).toContain("There is nothing at this address.");
    const errors = join(folder, "packages/core/src/errors.ts");
    await change(errors, "There is nothing at this address.", "Nobody lives here.");
    await eventually(
      "the new sentence",
      async () => (await nowhere()).includes("Nobody lives here."),
      60_000,
    );
    await eventually("its line", () => /errors\.ts runs, \d+\.\d s after/.test(said), 60_000);
    expect(times("Statusplane starts")).toBe(2);

    await change(errors, "Nobody lives here.", 'Broken" and so on');
    await eventually("that it is down", () => said.includes("the program does not run"), 60_000);
    expect(await nowhere()).toContain("The program does not run");
    await change(errors, 'Broken" and so on', "Mended.");
    await eventually("the mended one", async () => (await nowhere()).includes("Mended."), 60_000);
    await context.close();

    const processes = descendants(dev.pid ?? 0);
    expect(processes.length).toBeGreaterThanOrEqual(2); // the program, and the one in waiting
    dev.kill("SIGINT");
    dev.kill("SIGINT"); // as a terminal and npm both send it
    expect(await gone).toBe(0);
    await eventually("every process gone", () => !processes.some(lives), 30_000);
  });
});
