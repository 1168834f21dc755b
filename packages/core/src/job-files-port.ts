import type { JobRef } from "./job-ref.ts";

/** Of a job whose row is gone. */
export interface RemovedFiles {
  /** Removes the uploaded input and all attempts' outputs; does nothing where there are none. */
  removeJob(ref: JobRef): Promise<void>;
}

/** Uploaded inputs and the attempts' outputs. Adapter: a folder (`DATA_DIR`). */
export interface JobFiles extends RemovedFiles {
  /** The path of the uploaded input, null when it is gone or there never was one. */
  inputPath(ref: JobRef): Promise<string | null>;
  /** Makes and answers the attempt's own output folder. */
  makeOutputFolder(ref: JobRef, attempt: number): Promise<string>;
  /** Removes the attempt's outputs and temporary files. */
  removeOutputs(ref: JobRef, attempt: number): Promise<void>;
  /** The size of a file in the attempt's folder, bytes; null when there is no such regular file. */
  outputBytes(ref: JobRef, attempt: number, name: string): Promise<number | null>;
  /** Writes `result.json` into the attempt's folder. */
  writeResultFile(ref: JobRef, attempt: number, text: string): Promise<void>;
}

export interface SavedInput {
  readonly bytes: number;
  /** The first 4 KiB at most: enough for a cheap look at what the file is. */
  readonly firstBytes: Uint8Array;
}

/** What request routes hold of the same folder. */
export interface RequestFiles extends RemovedFiles {
  /**
   * Streams an upload to the job's input, atomically: there is a whole file or none.
   * @throws {file_too_large} beyond `maxBytes`; {storage_full} when the disk is.
   */
  saveInput(ref: JobRef, content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<SavedInput>;
  removeInput(ref: JobRef): Promise<void>;
  hasInput(ref: JobRef): Promise<boolean>;
  /**
   * The attempt's output folder, whether it exists or not: an absolute path below the outputs' root, which is written
   * without links, so that a link on the way is seen.
   */
  outputFolder(ref: JobRef, attempt: number): string;
}
