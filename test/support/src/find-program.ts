import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The full path of a program in PATH or the usual places, or null. */
export function findProgram(name: string, extraFolders: readonly string[] = []): string | null {
  for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), ...extraFolders]) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue; // not here: look in the next folder
    }
  }
  return null;
}

/** Debian and Homebrew keep Postgres' server programs outside PATH; the newest version wins. */
export function postgresFolders(): string[] {
  const roots = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"];
  return roots.flatMap((root) =>
    existsSync(root)
      ? readdirSync(root)
          .filter((name) => /^(postgresql@)?\d+$/.test(name))
          .sort((a, b) => Number(b.replace(/\D/g, "")) - Number(a.replace(/\D/g, "")))
          .map((name) => join(root, name, "bin"))
      : [],
  );
}

/** Debian's chromium, Homebrew's, or an installed Chrome. */
export function findChromium(): string | null {
  const applications = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ];
  return (
    findProgram("chromium") ??
    findProgram("chromium-browser") ??
    findProgram("google-chrome") ??
    applications.find((path) => existsSync(path)) ??
    null
  );
}

/** A Python 3 that can `import redis`; Debian's own first, for its packages belong to it. */
export function findPython(): string | null {
  const candidates = ["/usr/bin/python3", findProgram("python3"), "/opt/homebrew/bin/python3"];
  for (const path of candidates) {
    if (path === null || !existsSync(path)) continue;
    if (spawnSync(path, ["-c", "import redis"], { stdio: "ignore" }).status === 0) return path;
  }
  return null;
}
