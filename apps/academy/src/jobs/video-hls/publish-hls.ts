import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { JobError } from "@statusplane/core";
import { initCodecs } from "./init-codecs.ts";
import {
  bandwidthOf,
  masterPlaylist,
  mediaPlaylist,
  parseMediaPlaylist,
  type MasterEntry,
} from "./media-playlist.ts";
import { folderBytes, isOutputName, syncPath } from "./output-files.ts";
import type { PlannedRendition } from "./plan-renditions.ts";
import { readRenditionTimes, segmentSeconds, timesFault } from "./segment-times.ts";
import type { VideoLimits } from "./video-limits.ts";
import { VIDEO_ERRORS } from "./video-errors.ts";

export const MASTER_NAME = "master.m3u8";
const SYNCED_AT_ONCE = 8;

export interface PublishOptions {
  readonly folder: string;
  readonly renditions: readonly PlannedRendition[];
  /** Each one's segments, as {@link readSegments} found them. */
  readonly segments: readonly RenditionSegments[];
  readonly framesPerSecond: number;
  readonly limits: VideoLimits;
}

/** A type, not an interface: only types are JSON values to the compiler. */
export type PublishedRendition = {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Peak, bits per second. */
  readonly bandwidth: number;
};

export interface Published {
  readonly renditions: readonly PublishedRendition[];
  readonly sizeBytes: number;
}

export interface RenditionSegments {
  readonly initName: string;
  readonly segments: readonly {
    readonly name: string;
    readonly durationSeconds: number;
    readonly bytes: number;
  }[];
}

/**
 * The segments that the encoder wrote, with the times that stand in them.
 * @throws {JobError} encode_failed when a file is missing, or does not hold what a playlist would promise.
 */
export async function readSegments(folder: string, renditions: number): Promise<RenditionSegments[]> {
  const found: RenditionSegments[] = [];
  for (let index = 0; index < renditions; index++) {
    const { playlistName, initName, segments } = await readPlaylist(folder, index);
    const names = segments.map(({ name }) => name);
    const times = await readRenditionTimes(folder, { initName, names }).catch((error: unknown) => {
      throw incomplete(`what ${playlistName} names cannot be read`, error);
    });
    const fault = timesFault(times);
    if (fault !== null) throw incomplete(fault);
    const seconds = segmentSeconds(times);
    found.push({
      initName,
      segments: times.segments.map(({ name, bytes }, n) => {
        return { name, bytes, durationSeconds: seconds[n] ?? 0 };
      }),
    });
  }
  return found;
}

/** How long a rendition lasts. */
export function renditionSeconds({ segments }: RenditionSegments): number {
  return segments.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
}

/**
 * Writes the playlists and makes everything durable: once the row says READY a power cut must not take the segments
 * away.
 * @throws {JobError} encode_failed when something is missing, output_too_large.
 */
export async function publishHls({
  folder,
  renditions,
  segments: renditionSegments,
  framesPerSecond,
  limits,
}: PublishOptions): Promise<Published> {
  const entries: MasterEntry[] = [];
  for (const [index, { width, height }] of renditions.entries()) {
    const own = renditionSegments[index];
    if (own === undefined) throw incomplete(`nothing is known of v${index}`);
    const { initName, segments } = own;
    const playlistName = `v${index}.m3u8`;
    await writeFile(join(folder, playlistName), mediaPlaylist(own));
    const codecs = initCodecs(await readFile(join(folder, initName)));
    if (codecs === null) throw incomplete(`${initName} holds no H.264`);
    const { peak, average } = bandwidthOf(segments);
    entries.push({
      playlistName,
      width,
      height,
      bandwidth: peak,
      averageBandwidth: average,
      codecs,
      framesPerSecond,
    });
  }
  await writeFile(join(folder, MASTER_NAME), masterPlaylist(entries));
  const names = await readdir(folder);
  for (const name of names)
    if (!isOutputName(name)) await rm(join(folder, name), { recursive: true, force: true });
  const sizeBytes = await folderBytes(folder);
  if (sizeBytes > limits.maxOutputBytes) throw new JobError("output_too_large");
  await syncAll(folder, names.filter(isOutputName));
  return {
    sizeBytes,
    renditions: renditions.map(({ name, width, height }, index) => {
      return { name, width, height, bandwidth: entries[index]?.bandwidth ?? 0 };
    }),
  };
}

async function readPlaylist(folder: string, index: number) {
  const playlistName = `v${index}.m3u8`;
  let text: string;
  try {
    text = await readFile(join(folder, playlistName), "utf8");
  } catch (error) {
    throw incomplete(`${playlistName} cannot be read`, error);
  }
  const playlist = parseMediaPlaylist(text);
  if (playlist === null) throw incomplete(`${playlistName} is not whole`);
  for (const name of [playlist.initName, ...playlist.segments.map((segment) => segment.name)]) {
    if (!isOutputName(name)) throw incomplete(`${playlistName} names "${name}"`);
  }
  return { playlistName, ...playlist };
}

function incomplete(what: string, cause?: unknown): JobError {
  return new JobError(VIDEO_ERRORS.encode_failed, {
    cause: new Error(what, cause === undefined ? undefined : { cause }),
  });
}

async function syncAll(folder: string, names: readonly string[]): Promise<void> {
  for (let at = 0; at < names.length; at += SYNCED_AT_ONCE) {
    await Promise.all(names.slice(at, at + SYNCED_AT_ONCE).map((name) => syncPath(join(folder, name))));
  }
  await syncPath(folder);
}
