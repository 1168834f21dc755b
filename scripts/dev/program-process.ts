/**
 * One process of `npm run dev` that will be the program. It is started before it is needed: the libraries, which do not
 * change, are in it when the source changes. Then it is told `load` (the one before it may still be closing), and `run`.
 */
import { readFileSync } from "node:fs";

/** Beside this file, once both are bundled. */
const PROGRAM = "./program.mjs";
/** Whose libraries the program of the embedded default uses. */
const MANIFESTS = ["runtime", "server", "postgres"];

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

// Nobody is left who could end it: it ends by itself, in order.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));

const told = (what: "load" | "run"): Promise<void> =>
  new Promise((resolve) => {
    const listen = (message: unknown): void => {
      if (message !== what) return;
      process.off("message", listen);
      resolve();
    };
    process.on("message", listen);
  });
const loadTold = told("load");
const runTold = told("run");

const libraries = MANIFESTS.flatMap((name) => {
  const file = new URL(`../../packages/${name}/package.json`, import.meta.url);
  return Object.keys((JSON.parse(readFileSync(file, "utf8")) as Manifest).dependencies);
}).filter((name) => !/^@(?:statusplane|types)\//.test(name)); // types are nothing to load
for (const name of new Set(libraries)) await import(name);

await loadTold;
const { ACADEMY, runStatusplane } = (await import(PROGRAM)) as typeof import("./program.ts");
const { webRoot: _built, ...application } = ACADEMY; // Vite serves the page
await runTold;
await runStatusplane(application);
