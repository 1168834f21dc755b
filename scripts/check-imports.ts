/**
 * The architecture rule, enforced: imports form a star around `core`.
 * `node --import tsx scripts/check-imports.ts [root]` prints each violation and exits 1 when there is one.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { parseSync } from "oxc-parser";

const CORE = "@statusplane/core";
const CORE_SOURCE = "packages/core/src/";
/** What a folder may import of the workspace besides core. Everything else in packages/: nothing. */
const MAY_IMPORT: Readonly<Record<string, readonly string[] | "all">> = {
  "packages/core": [],
  "apps/web": ["@statusplane/client", "@statusplane/client/react", "@statusplane/client/views"],
  "packages/runtime": "all",
  "apps/academy": "all",
};
/** What a package ships: the second for the tests of others. */
const SOURCES = ["src", "testing"];
/** Folders that must run in a browser. */
const NODE_FREE = ["packages/core", "packages/client", "apps/web"];
/** Watching cannot query the database: what these routes reach may name none of these ports, nor a database. */
const READ_PATHS = [
  "packages/server/src/progress/",
  "packages/server/src/watch/",
  "packages/server/src/views/reports/",
];
const NOT_ON_READ_PATH = /Records$|^JobQueue$|^StatusWriter$|^Installation$|^(pg|bullmq|ioredis)$/;
/** Keys are built in one file. */
const KEY_TEMPLATE = /["'`]tenant:/;
const KEY_BUILDER = "packages/core/src/keys.ts";

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Specifier → imported names. */
  readonly imports: ReadonlyMap<string, readonly string[]>;
}

export interface ImportCheck {
  readonly files: number;
  readonly violations: readonly string[];
}

export function checkImports(root: string): ImportCheck {
  const folders = ["packages", "apps"].flatMap((group) =>
    existsSync(join(root, group)) ? readdirSync(join(root, group)).map((name) => `${group}/${name}`) : [],
  );
  const files = folders.flatMap((folder) =>
    SOURCES.flatMap((name) => sourceFiles(join(root, folder, name))).map((path) => read(root, path)),
  );
  const violations = files.flatMap((file) => [...starViolations(root, file), ...keyViolations(file)]);
  return { files: files.length, violations: [...violations, ...readPathViolations(files)] };
}

function starViolations(root: string, file: SourceFile): string[] {
  const folder = file.path.split("/").slice(0, 2).join("/");
  const declared = declaredDependencies(join(root, folder, "package.json"));
  const allowed = MAY_IMPORT[folder] ?? [];
  const found: string[] = [];
  for (const specifier of file.imports.keys()) {
    const say = (why: string): void => void found.push(`${file.path}: imports ${specifier}: ${why}`);
    if (specifier.startsWith(".")) {
      const target = relative(root, resolve(root, dirname(file.path), specifier))
        .split(sep)
        .join("/");
      if (!target.startsWith(`${folder}/`)) say("a relative import stays in its package");
    } else if (isBuiltin(specifier)) {
      if (NODE_FREE.includes(folder)) say("this folder runs in a browser");
    } else if (specifier.startsWith("@statusplane/")) {
      const star =
        packageName(specifier) === CORE && folder !== "apps/web" && !file.path.startsWith(CORE_SOURCE);
      if (!star && allowed !== "all" && !allowed.includes(specifier)) say("imports form a star around core");
    } else if (!declared.has(packageName(specifier))) {
      say("not declared in the folder's package.json");
    }
  }
  return found;
}

/** Follows relative imports from the watching routes. */
function readPathViolations(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const queue = files.filter(({ path }) => READ_PATHS.some((folder) => path.startsWith(folder)));
  const seen = new Set(queue);
  const found: string[] = [];
  for (const file of queue) {
    for (const [specifier, names] of file.imports) {
      for (const name of [...names, packageName(specifier)].filter((each) => NOT_ON_READ_PATH.test(each))) {
        found.push(`${file.path}: reaches ${name} from the watching routes`);
      }
      const next = specifier.startsWith(".") ? byPath.get(join(dirname(file.path), specifier)) : undefined;
      if (next !== undefined && !seen.has(next)) {
        seen.add(next);
        queue.push(next);
      }
    }
  }
  return found;
}

function keyViolations(file: SourceFile): string[] {
  return file.path !== KEY_BUILDER && KEY_TEMPLATE.test(file.text)
    ? [`${file.path}: builds a tenant's key; keys are built in ${KEY_BUILDER}`]
    : [];
}

function read(root: string, absolute: string): SourceFile {
  const text = readFileSync(absolute, "utf8");
  const path = relative(root, absolute).split(sep).join("/");
  const { module, errors } = parseSync(absolute, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message ?? "cannot be parsed"}`);
  const imports = new Map<string, string[]>();
  const add = (specifier: string, names: readonly string[]): void => {
    imports.set(specifier, [...(imports.get(specifier) ?? []), ...names]);
  };
  for (const each of module.staticImports) {
    add(
      each.moduleRequest.value,
      each.entries.map((entry) => entry.importName.name ?? entry.localName.value),
    );
  }
  for (const entry of module.staticExports.flatMap((each) => each.entries)) {
    if (entry.moduleRequest !== null) add(entry.moduleRequest.value, []);
  }
  for (const each of module.dynamicImports) {
    const literal = /^["'](.+)["']$/.exec(text.slice(each.moduleRequest.start, each.moduleRequest.end));
    if (literal?.[1] !== undefined) add(literal[1], []);
  }
  return { path, text, imports };
}

function sourceFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .flatMap((path) =>
      statSync(path).isDirectory() ? sourceFiles(path) : /\.tsx?$/.test(path) ? [path] : [],
    );
}

function declaredDependencies(manifest: string): ReadonlySet<string> {
  const json = JSON.parse(readFileSync(manifest, "utf8")) as Record<
    string,
    Record<string, string> | undefined
  >;
  return new Set(
    ["dependencies", "devDependencies", "peerDependencies"].flatMap((field) =>
      Object.keys(json[field] ?? {}),
    ),
  );
}

function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith("node:") || builtinModules.includes(specifier);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { files, violations } = checkImports(resolve(process.argv[2] ?? "."));
  for (const violation of violations) console.error(violation);
  if (files === 0) console.error("no source files found: wrong folder?");
  else console.log(`${files} files checked, ${violations.length} violations`);
  process.exitCode = violations.length > 0 || files === 0 ? 1 : 0;
}
