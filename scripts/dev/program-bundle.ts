import { context, type BuildContext, type Plugin } from "esbuild";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * The program's source as one file, made anew in a fraction of a second: Node takes a second to load the hundreds of
 * modules one by one. Libraries stay where they are.
 */
export class ProgramBundle implements AsyncDisposable {
  /** The file to start: it loads the program, which is beside it, when it is told to. */
  readonly processFile: string;
  readonly #context: BuildContext;

  private constructor(processFile: string, context: BuildContext) {
    this.processFile = processFile;
    this.#context = context;
  }

  /** @param folder where the files are written; beneath one whose `node_modules` has the libraries. */
  static async open(folder: string): Promise<ProgramBundle> {
    const entryOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
    const made = await context({
      entryPoints: { process: entryOf("program-process.ts"), program: entryOf("program.ts") },
      ...{ outdir: folder, outExtension: { ".js": ".mjs" }, bundle: true, format: "esm", platform: "node" },
      ...{ target: "node20", conditions: ["statusplane-source"], sourcemap: "linked", logLevel: "silent" },
      plugins: [OUTSIDE, AT_HOME],
    });
    return new ProgramBundle(join(folder, "process.mjs"), made);
  }

  /** @returns what is wrong with the source, a line each; none: it is made. */
  async make(): Promise<readonly string[]> {
    try {
      await this.#context.rebuild();
      return [];
    } catch (error) {
      const { errors = [] } = error as Partial<Awaited<ReturnType<BuildContext["rebuild"]>>>;
      if (errors.length === 0) throw error;
      return errors.map(({ text, location }) =>
        location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`,
      );
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#context.dispose();
  }
}

/** Libraries, and what is beside the bundle already. */
const OUTSIDE: Plugin = {
  name: "outside",
  setup(build) {
    build.onResolve({ filter: /^[^./]|\.mjs$/ }, ({ path, kind }) =>
      kind === "entry-point" || path.startsWith("@statusplane/") ? undefined : { path, external: true },
    );
  },
};

/** A module finds its files beside its source, not beside the bundle. */
const AT_HOME: Plugin = {
  name: "at-home",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      return text.includes("import.meta.url")
        ? {
            contents: text.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
            loader: "ts",
          }
        : undefined;
    });
  },
};
