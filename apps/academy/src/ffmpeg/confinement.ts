import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { findProgram } from "./find-program.ts";

const run = promisify(execFile);
const PROBE_TIMEOUT_MS = 10_000;
const CPU_GRACE_SECONDS = 5;

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
    /** Greatest memory, bytes. */
    readonly memoryBytes: number;
    /**
     * What of its memory is limited. `data`: what it may write to, for a program that reserves far more addresses than it
     * uses, as JavaScript engines do. Default: its address space.
     */
    readonly memory?: "address_space" | "data";
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
  const found: Confinement = { bwrap: bwrap ?? null, prlimit: prlimit ?? null, setpriv: setpriv ?? null };
  const limits = { memoryBytes: 2 ** 31, cpuSeconds: 10, fileBytes: 2 ** 20 };
  const works = async (part: Confinement): Promise<boolean> => {
    const tried = programs.map(async (program) => {
      const [file, args] = confineCommand(part, {
        ...{ program, args: ["-version"], readable: [], writable: [], limits },
      });
      await run(file, [...args], { timeout: PROBE_TIMEOUT_MS });
    });
    return (await Promise.allSettled(tried)).every(({ status }) => status === "fulfilled");
  };
  if (await works(found)) return found;
  const alone = async (name: keyof Confinement): Promise<string | null> =>
    found[name] !== null && (await works({ ...NO_CONFINEMENT, [name]: found[name] })) ? found[name] : null;
  return { bwrap: await alone("bwrap"), prlimit: await alone("prlimit"), setpriv: await alone("setpriv") };
}

/** What is lacking beside bwrap, a sentence each: to be said at start. That bwrap is lacking is a risk of the program. */
export function confinementGaps({ bwrap, prlimit, setpriv }: Confinement): readonly string[] {
  return [
    ...(prlimit === null ? ["prlimit cannot be used: only the clock limits what ffmpeg takes."] : []),
    ...(setpriv === null && bwrap === null
      ? ["setpriv cannot be used: an ffmpeg outlives a worker that is killed."]
      : []),
  ];
}

/**
 * The command line that runs a command under a confinement: each tool replaces itself by the next, so the first
 * one's process id is the program's (or bubblewrap's, which dies with its parent and takes the program along).
 */
export function confineCommand(
  { bwrap, prlimit, setpriv }: Confinement,
  { program, args, readable, writable, limits }: ConfinedCommand,
): readonly [file: string, args: readonly string[]] {
  const dies = setpriv === null ? [] : [setpriv, "--pdeathsig", "KILL", "--"];
  const limited = prlimit === null ? [] : [prlimit, ...limitOptions(limits), "--"];
  const jailed = bwrap === null ? [] : [bwrap, ...jailOptions(dirname(program), readable, writable), "--"];
  const [file = program, ...rest] = [...dies, ...limited, ...jailed, program, ...args];
  return [file, rest];
}

function limitOptions({
  memoryBytes,
  memory = "address_space",
  cpuSeconds,
  fileBytes,
}: ConfinedCommand["limits"]): string[] {
  // The soft limit's signal names its reason; the hard one's would be a plain SIGKILL.
  const cpu = `--cpu=${cpuSeconds}:${cpuSeconds + CPU_GRACE_SECONDS}`;
  return [`--${memory === "data" ? "data" : "as"}=${memoryBytes}`, cpu, `--fsize=${fileBytes}`, "--core=0"];
}

function jailOptions(
  programFolder: string,
  readable: readonly string[],
  writable: readonly string[],
): string[] {
  const bind = (option: string, paths: readonly string[]) => paths.flatMap((path) => [option, path, path]);
  return [
    ...["--unshare-all", "--die-with-parent", "--cap-drop", "ALL"],
    ...bind("--ro-bind-try", [...SYSTEM_FOLDERS, programFolder]),
    ...["--proc", "/proc", "--dev", "/dev"],
    ...bind("--ro-bind", readable),
    ...bind("--bind", writable),
  ];
}
