import { execFile } from "node:child_process";
import { join, resolve } from "node:path";

/** The repository. */
export const root = resolve(import.meta.dirname, "../../..");

/** What the compiler says of a folder with a tsconfig.json; empty where it has nothing to complain of. */
export function typeCheck(folder: string): Promise<string> {
  const compiler = join(root, "node_modules/.bin/tsc");
  return new Promise((answer) => {
    execFile(compiler, ["-p", folder, "--pretty", "false"], { cwd: root }, (error, stdout) =>
      answer(stdout || (error?.message ?? "")),
    );
  });
}
