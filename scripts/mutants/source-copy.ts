import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** Never needed to run tests from their sources. */
const LEFT_OUT = new Set([".git", "dist", "build", "coverage", ".statusplane"]);
/** npm's links to the workspaces: they would lead out of the copy. */
const OWN_SCOPE = "@statusplane";

export interface SourceCopy {
  readonly folder: string;
  readonly remove: () => void;
}

/** Copies the tree to the system's temporary folder. Installed packages are linked, the workspaces are the copy's own. */
export function copySources(root: string): SourceCopy {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "statusplane-mutants-")));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    copyFolder(root, folder);
    linkPackages(join(root, "node_modules"), join(folder, "node_modules"));
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, remove };
}

function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (LEFT_OUT.has(entry.name) || entry.name === "node_modules") continue;
    if (entry.isDirectory()) copyFolder(source, target);
    else if (entry.isFile()) copyFileSync(source, target);
  }
}

/** A folder of links, so that what tools write beside the packages stays in the copy. */
function linkPackages(from: string, to: string): void {
  mkdirSync(join(to, OWN_SCOPE), { recursive: true });
  for (const name of readdirSync(from)) {
    if (name.startsWith(".") || name === OWN_SCOPE) continue;
    symlinkSync(join(from, name), join(to, name));
  }
  for (const name of readdirSync(join(from, OWN_SCOPE))) {
    const link = join(from, OWN_SCOPE, name);
    if (!lstatSync(link).isSymbolicLink()) throw new Error(`${link} is no link to a workspace: npm install`);
    const workspace = resolve(join(to, OWN_SCOPE), readlinkSync(link));
    symlinkSync(workspace, join(to, OWN_SCOPE, name));
  }
}
