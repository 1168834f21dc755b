import { lstat, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { PlayableFiles } from "@statusplane/server";

/** Everything that the encoder may leave in an attempt's folder, and all that is served from it. */
const OUTPUT_NAME = /^(?:master\.m3u8|v\d{1,2}\.m3u8|v\d{1,2}_init\.mp4|v\d{1,2}_\d{1,6}\.m4s|poster\.jpg)$/;

export function isOutputName(name: string): boolean {
  return OUTPUT_NAME.test(name);
}

const TYPES: Readonly<Record<string, string>> = {
  m3u8: "application/vnd.apple.mpegurl",
  m4s: "video/iso.segment",
  mp4: "video/mp4",
  jpg: "image/jpeg",
};

/** What players get of it. */
export const HLS_FILES: PlayableFiles = {
  playlist: "master.m3u8",
  poster: "poster.jpg",
  typeOf: (name) => (isOutputName(name) ? (TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? null) : null),
};

/** Removes what the encoder wrote; a poster stays. */
export async function removeRenditions(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^(?:master\.m3u8|v\d)/.test(name)) await rm(join(folder, name), { force: true });
  }
}

/** The bytes of all files in a folder; files that vanish meanwhile count as none. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder)) {
    try {
      bytes += (await lstat(join(folder, name))).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // a temporary name was given up
    }
  }
  return bytes;
}

/** Makes a file, or a folder's names, durable. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
