/** What decides how ffmpeg can be installed here. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  /** Whether the process runs as root. */
  readonly root: boolean;
  /** The programs in `PATH`, of `apt-get`, `sudo`, `brew`. */
  readonly programs: ReadonlySet<string>;
  /** Whether `sudo` needs no password. */
  readonly sudoWithoutPassword: boolean;
}

export interface InstallPlan {
  /** Program and arguments of each step; empty where this process cannot install anything. */
  readonly steps: readonly (readonly [program: string, ...args: string[]])[];
  /** Whether a step asks for a password, so that only somebody at a terminal can have it run. */
  readonly needsPassword: boolean;
  /** What a person types to have it, the same steps where there are any; null where we know none. */
  readonly command: string | null;
}

const APT = [
  ["apt-get", "update"],
  ["apt-get", "install", "-y", "--no-install-recommends", "ffmpeg"],
] as const;
const BREW = [["brew", "install", "ffmpeg"]] as const;

/** Debian and Ubuntu: apt-get, as root or by sudo. macOS: Homebrew. Elsewhere nothing is done. */
export function planInstall({ platform, root, programs, sudoWithoutPassword }: Machine): InstallPlan {
  if (platform === "linux" && programs.has("apt-get")) {
    if (root) return planOf(APT, false);
    if (programs.has("sudo")) return planOf(withSudo(APT), !sudoWithoutPassword);
    return { steps: [], needsPassword: false, command: `${typed(APT)} (as root)` };
  }
  if (platform === "darwin") {
    const brew = programs.has("brew") && !root; // Homebrew refuses root
    return brew ? planOf(BREW, false) : { steps: [], needsPassword: false, command: typed(BREW) };
  }
  return { steps: [], needsPassword: false, command: null };
}

type Steps = readonly (readonly [string, ...string[]])[];

function planOf(steps: Steps, needsPassword: boolean): InstallPlan {
  return { steps, needsPassword, command: typed(steps) };
}

function withSudo(steps: Steps): Steps {
  return steps.map((step): [string, ...string[]] => ["sudo", ...step]);
}

function typed(steps: Steps): string {
  return steps.map((step) => step.join(" ")).join(" && ");
}
