import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { isId, jobRef, type JobRef } from "@statusplane/core";
import { KIND_FOLDERS, type FolderPaths } from "./folder-paths.ts";
import { errorCode } from "./system-errors.ts";

/** Something in the data folder that may have to go. */
export interface Candidate {
  readonly what: "input" | "output" | "temporary";
  readonly path: string;
  /** Last change, Unix ms. */
  readonly modifiedMs: number;
  /** Null for a temporary file. */
  readonly ref: JobRef | null;
  /** Of an output folder, else 0. */
  readonly attempt: number;
}

const ATTEMPT = /^[1-9]\d{0,8}$/;

/**
 * Walks the data folder. Only what has the shape that we write is looked at: a symbolic link, or a name that is not an
 * id, is neither followed nor removed. Folders are read as streams, so memory does not grow with their size.
 */
export async function* findCandidates(paths: FolderPaths): AsyncGenerator<Candidate> {
  yield* temporaryFiles(paths);
  yield* inputs(paths);
  yield* outputs(paths);
}

async function* temporaryFiles({ temp }: FolderPaths): AsyncGenerator<Candidate> {
  for await (const name of entries(temp, "file")) {
    yield* candidate({ what: "temporary", path: join(temp, name), ref: null, attempt: 0 });
  }
}

async function* inputs(paths: FolderPaths): AsyncGenerator<Candidate> {
  for await (const tenant of entries(paths.uploads, "folder")) {
    if (!isId(tenant)) continue;
    for (const kind of KIND_FOLDERS) {
      for await (const id of entries(join(paths.uploads, tenant, kind), "file")) {
        if (!isId(id)) continue;
        const ref = jobRef(tenant, kind, id);
        yield* candidate({ what: "input", path: paths.input(ref), ref, attempt: 0 });
      }
    }
  }
}

async function* outputs(paths: FolderPaths): AsyncGenerator<Candidate> {
  for (const kind of KIND_FOLDERS) {
    for await (const tenant of entries(join(paths.outputs, kind), "folder")) {
      if (!isId(tenant)) continue;
      for await (const id of entries(join(paths.outputs, kind, tenant), "folder")) {
        if (!isId(id)) continue;
        const ref = jobRef(tenant, kind, id);
        for await (const name of entries(paths.jobOutputs(ref), "folder")) {
          if (!ATTEMPT.test(name)) continue;
          const attempt = Number(name);
          yield* candidate({ what: "output", path: paths.attemptOutputs(ref, attempt), ref, attempt });
        }
      }
    }
  }
}

async function* candidate(found: Omit<Candidate, "modifiedMs">): AsyncGenerator<Candidate> {
  try {
    yield { ...found, modifiedMs: (await lstat(found.path)).mtimeMs };
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error; // gone meanwhile: nothing to collect
  }
}

/** The names in a folder that are themselves plain files or plain folders (never links); none when it is not there. */
async function* entries(folder: string, wanted: "file" | "folder"): AsyncGenerator<string> {
  try {
    if (!(await lstat(folder)).isDirectory()) return;
    for await (const entry of await opendir(folder)) {
      if (wanted === "file" ? entry.isFile() : entry.isDirectory()) yield entry.name;
    }
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}
