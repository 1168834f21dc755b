import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Api } from "../../../test/end-to-end/support/api.ts";
import { readTimes, readTracks, type TrackTimes } from "./fragment-times.ts";

const run = promisify(execFile);

export interface Segment {
  /** `EXTINF`. */
  readonly saidSeconds: number;
  readonly times: readonly TrackTimes[];
}

export interface Rendition {
  /** Of its playlist. */
  readonly name: string;
  /** How many the init segment promises. */
  readonly tracks: number;
  readonly segments: readonly Segment[];
  /** Range, matrix, curve and primaries of its picture, as ffprobe names them. */
  readonly colors: string;
}

/** Reads what a player would: the playlists and each segment's own times, over HTTP by the signed addresses. */
export async function readOutputs(
  api: Api,
  id: string | number,
): Promise<{ renditions: readonly Rendition[]; posterUrl: string | null }> {
  const { body } = await api.call<{ hls_url: string; poster_url: string | null }>(
    `/media/videos/${id}/playback/`,
  );
  const master = new URL(body.hls_url, api.url);
  const names = linesOf(await text(master)).filter((line) => !line.startsWith("#"));
  const renditions = await Promise.all(names.map((name) => readRendition(new URL(name, master))));
  return { renditions, posterUrl: body.poster_url === null ? null : new URL(body.poster_url, api.url).href };
}

async function readRendition(url: URL): Promise<Rendition> {
  const lines = linesOf(await text(url));
  const map = /URI="([^"]+)"/.exec(lines.find((line) => line.startsWith("#EXT-X-MAP")) ?? "")?.[1] ?? "";
  const init = await bytes(new URL(map, url));
  const tracks = readTracks(init);
  const lengths = lines.flatMap((line) => /^#EXTINF:([\d.]+)/.exec(line)?.[1] ?? []).map(Number);
  const parts: Buffer[] = [];
  for (const name of lines.filter((line) => !line.startsWith("#")))
    parts.push(await bytes(new URL(name, url)));
  const segments = parts.map((part, index) => ({
    saidSeconds: lengths[index] ?? 0,
    times: readTimes(part, tracks),
  }));
  const name = url.pathname.split("/").at(-1) ?? "";
  return { name, tracks: tracks.size, segments, colors: await colorsOf([init, ...parts.slice(0, 1)]) };
}

async function colorsOf(parts: readonly Buffer[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "statusplane-segment-"));
  try {
    const path = join(folder, "first.mp4");
    await writeFile(path, Buffer.concat(parts));
    const entries = "stream=color_range,color_space,color_transfer,color_primaries";
    const { stdout } = await run("ffprobe", [
      ...["-v", "error", "-select_streams", "v", "-show_entries", entries, "-of", "csv=p=0", path],
    ]);
    return stdout.trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function linesOf(playlist: string): string[] {
  return playlist.split(/\r?\n/).filter((line) => line !== "");
}

async function bytes(url: URL): Promise<Buffer> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url.pathname} answered ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

async function text(url: URL): Promise<string> {
  return (await bytes(url)).toString("utf8");
}
