import { refKey, type JobFiles, type JobRef } from "@statusplane/core";

/** Folders as a list of what was made, written and removed. */
export class FakeFiles implements JobFiles {
  readonly folders = new Set<string>();
  readonly resultFiles = new Map<string, string>();
  /** Sizes of declared files, by `{ref}/{attempt}/{name}`. */
  readonly written = new Map<string, number>();
  readonly removed: string[] = [];
  /** What the removal of a job's files meets. */
  trouble: Error | null = null;

  async inputPath(ref: JobRef): Promise<string | null> {
    return `/inputs/${refKey(ref)}`;
  }

  async makeOutputFolder(ref: JobRef, attempt: number): Promise<string> {
    const folder = `/outputs/${refKey(ref)}/${attempt}`;
    this.folders.add(folder);
    return folder;
  }

  async removeOutputs(ref: JobRef, attempt: number): Promise<void> {
    this.folders.delete(`/outputs/${refKey(ref)}/${attempt}`);
    this.removed.push(`${refKey(ref)}/${attempt}`);
  }

  async removeJob(ref: JobRef): Promise<void> {
    if (this.trouble !== null) throw this.trouble;
    this.removed.push(refKey(ref));
  }

  async outputBytes(ref: JobRef, attempt: number, name: string): Promise<number | null> {
    return this.written.get(`${refKey(ref)}/${attempt}/${name}`) ?? null;
  }

  async writeResultFile(ref: JobRef, attempt: number, text: string): Promise<void> {
    this.resultFiles.set(`${refKey(ref)}/${attempt}`, text);
  }
}
