import { lstat, mkdir, open, realpath, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  StatusplaneError,
  uuidV7,
  type JobFiles,
  type JobRef,
  type RequestFiles,
  type SavedInput,
} from "@statusplane/core";
import { folderPaths, isWithin, type FolderPaths } from "./folder-paths.ts";
import { saveUpload } from "./save-upload.ts";
import { errorCode, storageFullIfSo } from "./system-errors.ts";

/** `DATA_DIR` as both ports see it. */
export interface FolderFiles extends JobFiles, RequestFiles {
  readonly paths: FolderPaths;
}

/**
 * Opens the folder; makes `uploads/`, `outputs/` and `temp/` where they are not there yet, for this account only.
 * @throws the system's error when the folder cannot be made or written to.
 */
export async function openFolderFiles(dataDir: string): Promise<FolderFiles> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const paths = folderPaths(await realpath(dataDir));
  for (const folder of [paths.uploads, paths.outputs, paths.temp]) await makeFolder(paths.root, folder);
  return {
    paths,
    inputPath: async (ref) => ((await isPlainFile(paths.input(ref))) ? paths.input(ref) : null),
    hasInput: (ref) => isPlainFile(paths.input(ref)),
    removeInput: (ref) => rm(paths.input(ref), { force: true }),
    saveInput: (ref, content, maxBytes) => saveInput(paths, ref, { content, maxBytes }),
    outputFolder: (ref, attempt) => paths.attemptOutputs(ref, attempt),
    makeOutputFolder: (ref, attempt) => makeFolder(paths.outputs, paths.attemptOutputs(ref, attempt)),
    removeOutputs: (ref, attempt) => removeOutputs(paths, paths.attemptOutputs(ref, attempt)),
    removeJob: (ref) => removeJob(paths, ref),
    outputBytes: (ref, attempt, name) => plainFileBytes(join(paths.attemptOutputs(ref, attempt), name)),
    writeResultFile: (ref, attempt, text) => writeResultFile(paths, ref, { attempt, text }),
  };
}

async function saveInput(
  paths: FolderPaths,
  ref: JobRef,
  upload: { readonly content: AsyncIterable<Uint8Array>; readonly maxBytes: number },
): Promise<SavedInput> {
  const target = paths.input(ref);
  const temporary = join(paths.temp, `${uuidV7()}.upload`);
  try {
    const saved = await saveUpload(temporary, upload);
    await makeFolder(paths.uploads, dirname(target));
    await rename(temporary, target);
    await syncFolder(dirname(target));
    return saved;
  } catch (error) {
    await rm(temporary, { force: true });
    throw storageFullIfSo(error);
  }
}

/** The result is whole or not there: a reader may come while it is written. */
async function writeResultFile(
  paths: FolderPaths,
  ref: JobRef,
  result: { readonly attempt: number; readonly text: string },
): Promise<void> {
  try {
    const folder = await makeFolder(paths.outputs, paths.attemptOutputs(ref, result.attempt));
    const temporary = join(folder, `.${uuidV7()}.json`);
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(result.text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(folder, "result.json"));
    await syncFolder(folder);
  } catch (error) {
    throw storageFullIfSo(error);
  }
}

async function removeJob(paths: FolderPaths, ref: JobRef): Promise<void> {
  await rm(paths.input(ref), { force: true });
  await removeOutputs(paths, paths.jobOutputs(ref));
}

async function removeOutputs(paths: FolderPaths, folder: string): Promise<void> {
  if (!(await isPlainFolderWithin(paths.outputs, folder))) return;
  // Retries: a worker that lost its job may still be writing a last file.
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  await removeIfEmpty(dirname(folder));
}

/**
 * Makes a folder and answers it.
 * @throws {Error} when a symbolic link on the way leads out of `root`.
 */
async function makeFolder(root: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await realpath(folder)) !== folder || !isWithin(root, folder)) {
    throw new Error(`a symbolic link leads out of the data folder at ${folder}`);
  }
  return folder;
}

/** Removes a folder if nothing is in it; another attempt may just have put something there. */
export async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST", "ENOENT", "ENOTDIR"].includes(errorCode(error))) throw error;
  }
}

/** Whether the folder is there, is a folder, and is reached without a symbolic link. */
export async function isPlainFolderWithin(root: string, folder: string): Promise<boolean> {
  try {
    return (
      isWithin(root, folder) && (await lstat(folder)).isDirectory() && (await realpath(folder)) === folder
    );
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return false;
    throw error;
  }
}

async function isPlainFile(path: string): Promise<boolean> {
  return (await plainFileBytes(path)) !== null;
}

/** Null for what is no file, and for one that is reached by a symbolic link. */
async function plainFileBytes(path: string): Promise<number | null> {
  try {
    const stat = await lstat(path);
    return stat.isFile() && (await realpath(path)) === path ? stat.size : null;
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return null;
    throw new StatusplaneError("internal_error", { cause: error });
  }
}

/** A rename is durable once its folder is; a submit is acknowledged after that. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
