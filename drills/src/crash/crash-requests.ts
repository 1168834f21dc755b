import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A process that died where it was asked to. */
export interface Crash {
  readonly pid: number;
  readonly name: string;
}

/** Asks the drills' processes to die at named points; the other side is `program/take-crash-requests.ts`. */
export class CrashRequests implements Disposable {
  /** For `DRILL_CRASHES`. */
  readonly folder = mkdtempSync(join(tmpdir(), "statusplane-crashes-"));
  readonly #told = new Set<string>();

  /** The next process that passes this point dies there, or stands still until it gets SIGCONT. */
  ask(name: string, what: "die" | "stop" = "die"): void {
    writeFileSync(join(this.folder, name), what);
  }

  /** Nobody is to die there any more. */
  withdraw(name: string): void {
    rmSync(join(this.folder, name), { force: true });
  }

  /** Crashes that were not told before: each is told once. */
  takeNew(): readonly Crash[] {
    const files = readdirSync(this.folder).filter(
      (file) => file.startsWith("taken.") && !this.#told.has(file),
    );
    for (const file of files) this.#told.add(file);
    return files.map((file) => {
      const [, pid = "", name = ""] = /^taken\.(\d+)\.(.+)$/.exec(file) ?? [];
      return { pid: Number(pid), name };
    });
  }

  /** Pid of the process that leads the reconciler; null before the first. */
  leader(): number | null {
    const file = join(this.folder, "leader");
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    return text === "" ? null : Number(text);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
