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
  /** Program and arguments of each step; empty when nothing may be installed without asking. */
  readonly steps: readonly (readonly [program: string, ...args: string[]])[];
  /** What a person types to have it; null where we know none. */
  readonly command: string | null;
}

const APT = [
  ["apt-get", "update"],
  ["apt-get", "install", "-y", "--no-install-recommends", "ffmpeg"],
] as const;

/** Debian and Ubuntu: apt-get, as root or by a sudo that asks nothing. macOS: Homebrew. Elsewhere nothing is done. */
export function planInstall({ platform, root, programs, sudoWithoutPassword }: Machine): InstallPlan {
  if (platform === "linux" && programs.has("apt-get")) {
    const command = "apt-get update && apt-get install -y ffmpeg";
    if (root) return { steps: APT.map((step) => [...step]), command };
    const withSudo = programs.has("sudo");
    return {
      steps: withSudo && sudoWithoutPassword ? APT.map((step) => ["sudo", "-n", ...step]) : [],
      command: withSudo ? "sudo apt-get update && sudo apt-get install -y ffmpeg" : `${command} (as root)`,
    };
  }
  if (platform === "darwin") {
    const brew = programs.has("brew") && !root; // Homebrew refuses root
    return { steps: brew ? [["brew", "install", "ffmpeg"]] : [], command: "brew install ffmpeg" };
  }
  return { steps: [], command: null };
}
