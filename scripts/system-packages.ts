/**
 * What the tests need from the system, how to see whether it is there, and how to install it: asked first at a
 * terminal, announced where nobody can be asked. Nothing is skipped for want of a package: it is installed, or the exact
 * command is printed.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { askYesNo, findTerminal } from "../packages/runtime/src/cli/ask-at-terminal.ts";
import { findChromium, findProgram, findPython, postgresFolders } from "@statusplane/test-support";

interface Need {
  readonly what: string;
  readonly isThere: () => boolean;
  /** Debian's and Homebrew's package names. */
  readonly debian: readonly string[];
  readonly homebrew: readonly string[];
}

const NEEDS: readonly Need[] = [
  {
    what: "redis-server",
    isThere: () => findProgram("redis-server") !== null,
    debian: ["redis-server"],
    homebrew: ["redis"],
  },
  {
    what: "Postgres with pg_stat_statements",
    isThere: () =>
      findProgram("initdb", postgresFolders()) !== null && findProgram("psql", postgresFolders()) !== null,
    debian: ["postgresql"],
    homebrew: ["postgresql@17"],
  },
  {
    what: "ffmpeg",
    isThere: () => findProgram("ffmpeg") !== null && findProgram("ffprobe") !== null,
    debian: ["ffmpeg"],
    homebrew: ["ffmpeg"],
  },
  {
    what: "bubblewrap, which confines ffmpeg",
    isThere: () => process.platform !== "linux" || findProgram("bwrap") !== null,
    debian: ["bubblewrap"],
    homebrew: [],
  },
  {
    what: "Chromium",
    isThere: () => findChromium() !== null,
    debian: ["chromium"],
    homebrew: ["--cask", "chromium"],
  },
  {
    what: "Korean and Latin letters, which scans are drawn with",
    isThere: () =>
      process.platform !== "linux" ||
      ["opentype/noto/NotoSansCJK-Regular.ttc", "truetype/liberation"].every((font) =>
        existsSync(`/usr/share/fonts/${font}`),
      ),
    debian: ["fonts-noto-cjk", "fonts-liberation"],
    homebrew: [],
  },
  {
    what: "libheif, which makes and opens HEIC",
    isThere: () => findProgram("heif-enc") !== null && findProgram("heif-convert") !== null,
    debian: ["libheif-examples"],
    homebrew: ["libheif"],
  },
  {
    what: "nginx",
    isThere: () => findProgram("nginx", ["/usr/sbin"]) !== null,
    debian: ["nginx-light"],
    homebrew: ["nginx"],
  },
  {
    what: "Python 3 with its redis package",
    isThere: () => findPython() !== null,
    debian: ["python3", "python3-redis"],
    homebrew: ["python-redis"],
  },
  {
    what: "spin and a C compiler, which check the model",
    isThere: () =>
      findProgram("spin") !== null &&
      findProgram("gcc") !== null &&
      (process.platform !== "linux" || existsSync("/usr/include/stdio.h")),
    debian: ["spin", "gcc", "libc6-dev"],
    homebrew: ["spin"],
  },
];

/** @returns the lines to show the person, empty when everything is there. */
export async function installMissing(): Promise<string[]> {
  const missing = NEEDS.filter((need) => !need.isThere());
  if (missing.length === 0) return [];
  console.log(`Missing: ${missing.map((need) => need.what).join(", ")}.`);
  const commands = existsSync("/etc/debian_version") ? debianCommands(missing) : homebrewCommands(missing);
  if (commands === null) return unable(missing, "Install them with your system's package manager.");
  if (commands.run.length === 0 || !(await mayInstall(commands.byHand)))
    return unable(missing, commands.byHand);
  for (const command of commands.run) {
    console.log(`$ ${command.join(" ")}`);
    const [program = "", ...args] = command;
    const { status } = spawnSync(program, args, {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if (status !== 0) return unable(missing, commands.byHand);
  }
  const still = missing.filter((need) => !need.isThere());
  return still.length === 0 ? [] : unable(still, commands.byHand);
}

/** `INSTALL_FFMPEG=0|1` decides it beforehand, as for `npm start`; else the person at the terminal; yes without one. */
async function mayInstall(command: string): Promise<boolean> {
  const decided = process.env["INSTALL_FFMPEG"];
  if (decided === "0" || decided === "1") return decided === "1";
  const terminal = await findTerminal();
  return terminal === null || askYesNo(terminal, `Install it now (${command})?`);
}

interface Commands {
  /** Empty where a password would be asked for. */
  readonly run: readonly (readonly string[])[];
  readonly byHand: string;
}

function debianCommands(missing: readonly Need[]): Commands {
  const packages = missing.flatMap((need) => need.debian);
  const byHand = `sudo apt-get update && sudo apt-get install -y ${packages.join(" ")}`;
  const install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...packages];
  if (process.getuid?.() === 0) return { run: [["apt-get", "update", "-qq"], install], byHand };
  if (spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status !== 0) return { run: [], byHand };
  return {
    run: [
      ["sudo", "-n", "apt-get", "update", "-qq"],
      ["sudo", "-n", ...install],
    ],
    byHand,
  };
}

function homebrewCommands(missing: readonly Need[]): Commands | null {
  if (process.platform !== "darwin") return null;
  const run = missing.map((need) => ["brew", "install", ...need.homebrew]);
  return { run, byHand: run.map((command) => command.join(" ")).join(" && ") };
}

function unable(missing: readonly Need[], command: string): string[] {
  return [
    `The tests need ${missing.map((need) => need.what).join(", ")}. Install it, then run them again:`,
    `  ${command}`,
  ];
}
