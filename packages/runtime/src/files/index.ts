/**
 * Uploaded inputs and the attempts' outputs in one folder (`DATA_DIR`), and the collector of what no row names.
 * Imports @statusplane/core only. Data comes in as upload streams and as what the jobs write into their folders;
 * it goes out as paths, which the jobs and the HLS route read from.
 * Every path is built here, from a checked `JobRef` and a whole number; no name from outside becomes part of one.
 * Nothing here follows a symbolic link out of the folder.
 */
export { createCollector, type Collected, type CollectOptions, type Collector } from "./collector.ts";
export { openFolderFiles, type FolderFiles } from "./folder-files.ts";
export { folderPaths, type FolderPaths } from "./folder-paths.ts";
