import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { findProgram } from "./find-program.ts";

const run = promisify(execFile);
const PROBE_TIMEOUT_MS = 10_000;

/**
 * What this system offers to hold a program back; each path is null where it does not.
 * `bwrap`: an own root with nothing but the program, its libraries and the named paths; no network; no capabilities.
 * `prlimit`: limits on memory, processor time and file size. `setpriv`: the program dies with its parent.
 */
export interface Confinement {
  readonly bwrap: string | null;
  readonly prlimit: string | null;
  readonly setpriv: string | null;
}

export const NO_CONFINEMENT: Confinement = { bwrap: null, prlimit: null, setpriv: null };

export interface ConfinedCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Files that the program may read. */
  readonly readable: readonly string[];
  /** Folders that the program may write to. */
  readonly writable: readonly string[];
  readonly limits: {
    /** Greatest address space, bytes. */
    readonly memoryBytes: number;
    /** Processor time of the whole process, seconds. */
    readonly cpuSeconds: number;
    /** Greatest size of one written file, bytes. */
    readonly fileBytes: number;
  };
}

/** Folders of the system that a dynamically linked program needs, read-only; absent ones are left out. */
const SYSTEM_FOLDERS = ["/usr", "/lib", "/lib64", "/bin", "/etc/alternatives", "/etc/ld.so.cache"];

/**
 * Finds what the system offers, by trying it: bubblewrap may be installed and yet be forbidden (user namespaces).
 * @param programs what will be run confined; their folders are visible inside.
 */
export async function findConfinement(programs: readonly string[]): Promise<Confinement> {
  if (process.platform !== "linux") return NO_CONFINEMENT;
  const [bwrap, prlimit, setpriv] = await Promise.all(
    ["bwrap", "prlimit", "setpriv"].map((name) => findProgram(name)),
  );
  const found = { bwrap: bwrap ?? null, prlimit: prlimit ?? null, setpriv: setpriv ?? null };
  const limits = { memoryBytes: 2 ** 31, cpuSeconds: 10, fileBytes: 2 ** 20 };
  const works = async (part: Confinement): Promise<boolean> => {
    const tried = programs.map(async (program) => {
      const [file, args] = confineCommand(part, {
        program,
        args: ["-version"],
        readable: [],
        writable: [],
        limits,
      });
      await run(file, [...args], { timeout: PROBE_TIMEOUT_MS });
    });
    return (await Promise.allSettled(tried)).every(({ status }) => status === "fulfilled");
  };
  const [bwrapWorks, prlimitWorks, setprivWorks] = await Promise.all([
    found.bwrap !== null && works({ ...NO_CONFINEMENT, bwrap: found.bwrap }),
    found.prlimit !== null && works({ ...NO_CONFINEMENT, prlimit: found.prlimit }),
    found.setpriv !== null && works({ ...NO_CONFINEMENT, setpriv: found.setpriv }),
  ]);
  return {
    bwrap: bwrapWorks ? found.bwrap : null,
    prlimit: prlimitWorks ? found.prlimit : null,
    setpriv: setprivWorks ? found.setpriv : null,
  };
}

/**
 * The command line that runs a command under a confinement: each tool replaces itself by the next, so the first
 * one's process id is the program's (or bubblewrap's, which dies with its parent and takes the program along).
 */
export function confineCommand(
  { bwrap, prlimit, setpriv }: Confinement,
  { program, args, readable, writable, limits }: ConfinedCommand,
): readonly [file: string, args: readonly string[]] {
  const line: string[] = [];
  if (setpriv !== null) line.push(setpriv, "--pdeathsig", "KILL", "--");
  if (prlimit !== null) {
    line.push(
      prlimit,
      `--as=${limits.memoryBytes}`,
      `--cpu=${limits.cpuSeconds}`,
      `--fsize=${limits.fileBytes}`,
    );
    line.push("--core=0", "--");
  }
  if (bwrap !== null) {
    const bind = (option: string, paths: readonly string[]) => paths.flatMap((path) => [option, path, path]);
    line.push(bwrap, "--unshare-all", "--die-with-parent", "--cap-drop", "ALL");
    line.push(
      ...bind("--ro-bind-try", [...SYSTEM_FOLDERS, dirname(program)]),
      "--proc",
      "/proc",
      "--dev",
      "/dev",
    );
    line.push(...bind("--ro-bind", readable), ...bind("--bind", writable), "--");
  }
  line.push(program, ...args);
  const [file = program, ...rest] = line;
  return [file, rest];
}
