import { spawn } from "node:child_process";

const STEP_TIMEOUT_MS = 15 * 60_000;
const COMPLAINT_BYTES = 2_000;

/**
 * Runs one step of an installation without a shell. Before a person its output is theirs to see, and it may ask for a
 * password; else it is kept for the complaint. @throws {Error} when it does not end well.
 */
export function runInstallStep(
  [program, ...args]: readonly [string, ...string[]],
  { isBeforePerson }: { readonly isBeforePerson: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      timeout: STEP_TIMEOUT_MS,
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: isBeforePerson ? "inherit" : ["ignore", "ignore", "pipe"],
    });
    let complaint = "";
    child.stderr?.on("data", (bytes: Buffer) => {
      complaint = (complaint + bytes.toString()).slice(-COMPLAINT_BYTES);
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) return resolve();
      const last = complaint.trim().split("\n").at(-1) ?? "";
      reject(new Error(`${program} ended with ${code ?? signal}${last === "" ? "" : `: ${last}`}`));
    });
  });
}
