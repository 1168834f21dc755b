import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A process that died, or stands still, where it was asked to. */
export interface Crash {
  readonly pid: number;
  readonly name: string;
}

/** Asks the drills' processes to die, or to stand still, at named points; the other side is `program/take-crash-requests.ts`. */
export class CrashRequests implements Disposable {
  /** For `DRILL_CRASHES`. */
  readonly folder = mkdtempSync(join(tmpdir(), "statusplane-crashes-"));

  /** The next process that passes this point dies there, or stands still until it gets SIGCONT. */
  ask(name: string, what: "die" | "stop" = "die"): void {
    const whole = join(this.folder, `asking.${name}`);
    writeFileSync(whole, what);
    renameSync(whole, join(this.folder, name)); // whoever sees it sees all of it
  }

  /** Nobody is to die there any more. */
  withdraw(name: string): void {
    rmSync(join(this.folder, name), { force: true });
  }

  /** Crashes that were not told before: each is told once. */
  takeNew(): readonly Crash[] {
    const files = readdirSync(this.folder).filter((file) => file.startsWith("taken."));
    return files.map((file) => {
      rmSync(join(this.folder, file)); // a process that stopped may stop there again
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
