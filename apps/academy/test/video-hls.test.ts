import { createHash } from "node:crypto";
import { readFile, readdir, truncate, copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isOutputName } from "../src/jobs/video-hls/output-files.ts";
import { parseMediaPlaylist } from "../src/jobs/video-hls/media-playlist.ts";
import { openFfmpeg } from "../src/ffmpeg/index.ts";
import { AAC, H264, openWorkbench, picture, probe, SINE } from "./video-hls-fixtures.ts";

let bench: Awaited<ReturnType<typeof openWorkbench>>;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

/** Encodes and answers the result with what the folder holds. */
async function encoded(name: string, args: readonly string[]) {
  const started = await bench.encode(await bench.source(name, args));
  const result = await started.end;
  const names = await readdir(started.outputs);
  const playlist = async (index: number) => {
    const parsed = parseMediaPlaylist(await readFile(join(started.outputs, `v${index}.m3u8`), "utf8"));
    if (parsed === null) throw new Error(`v${index}.m3u8 is no finished playlist`);
    return parsed;
  };
  return { ...started, result, names, playlist };
}

/** Runs a job that must fail, and answers the error's code. */
async function refusal(path: string, options = {}): Promise<string> {
  const { end } = await bench.encode(path, options);
  return end.then(
    () => "no error",
    (error: { code?: string }) => error.code ?? "an error without a code",
  );
}

describe("a lecture becomes HLS", { timeout: 120_000 }, () => {
  test("in every rendition not above the source, cut at the same places, each segment about 4 s", async () => {
    const args = [...picture("1280x720", 6), ...SINE, "-t", "6", "-c:v", "mpeg4", "-q:v", "3", ...AAC];
    const { ref, result, names, playlist, outputs, steps, percents } = await encoded("lecture.mp4", args);

    expect(steps).toEqual(["probe", "encode", "poster", "publish"]);
    expect(result.hls_path).toBe(`7/${ref.id}/1/master.m3u8`);
    expect(result.poster_path).toBe(`7/${ref.id}/1/poster.jpg`);
    expect(result.duration).toBe(6);
    expect(result.renditions.map(({ name, width, height }) => [name, width, height])).toEqual([
      ["360p", 640, 360],
      ["720p", 1280, 720],
    ]);
    expect(names.filter((name) => !isOutputName(name))).toEqual([]);
    const sizes = await Promise.all(names.map(async (name) => (await readFile(join(outputs, name))).length));
    expect(result.size_bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));

    const [small, large] = [await playlist(0), await playlist(1)];
    expect(small.segments.map(({ durationSeconds }) => durationSeconds)).toEqual([4, 2]);
    expect(large.segments.map(({ durationSeconds }) => durationSeconds)).toEqual([4, 2]);
    expect(percents.length).toBeGreaterThan(0);
    expect(Math.max(...percents)).toBeLessThanOrEqual(100);
    const master = await readFile(join(outputs, "master.m3u8"), "utf8");
    const bandwidths = [...master.matchAll(/BANDWIDTH=(\d+),AVERAGE/g)].map(([, bits]) => Number(bits));
    expect(bandwidths).toEqual(result.renditions.map(({ bandwidth }) => bandwidth));
    expect(master.match(/CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2"/g)).toHaveLength(2);
    // The master playlist leads a player to picture and sound.
    expect((await probe(join(outputs, "master.m3u8"), "stream=codec_name,width,height")).sort()).toEqual([
      ...["aac", "aac", "h264,1280,720", "h264,640,360"],
    ]);
    const poster = await readFile(join(outputs, "poster.jpg"));
    expect(poster.subarray(0, 3).toString("hex")).toBe("ffd8ff");
    expect(await probe(join(outputs, "poster.jpg"), "stream=codec_name,width,height")).toEqual([
      "mjpeg,1280,720",
    ]);
  });

  test.for([
    ["mov", ["-c:v", "mjpeg", "-pix_fmt", "yuvj422p", "-c:a", "pcm_s16le"]],
    ["mkv", ["-c:v", "mpeg4", "-c:a", "libmp3lame"]],
    ["webm", ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"]],
  ] as const)("from %s as well", async ([extension, codecs]) => {
    const args = [...picture("640x360", 2), ...SINE, ...codecs];
    const { result, outputs } = await encoded(`lecture.${extension}`, args);
    expect(result).toMatchObject({ duration: 2, renditions: [{ name: "360p", width: 640, height: 360 }] });
    const streams = await probe(join(outputs, "v0.m3u8"), "stream=codec_name,pix_fmt,channels");
    expect(streams.sort()).toEqual(["aac,2", "h264,yuv420p"]);
  });

  test("without sound, and below 360p in its own size", async () => {
    const { result, outputs } = await encoded("silent.mp4", [...picture("320x180", 2), "-c:v", "mpeg4"]);
    expect(result.renditions).toMatchObject([{ name: "180p", width: 320, height: 180 }]);
    expect(await probe(join(outputs, "v0.m3u8"), "stream=codec_name")).toEqual(["h264"]);
    expect(await readFile(join(outputs, "master.m3u8"), "utf8")).toMatch(/CODECS="avc1\.[0-9a-f]{6}"/);
  });

  test("upright, when a phone says that its picture is turned", async () => {
    const upright = await bench.source("flat.mp4", [...picture("640x360", 2), ...H264]);
    const args = ["-i", upright, "-c", "copy", "-metadata:s:v:0", "rotate=90"];
    const { result, outputs } = await encoded("turned.mp4", args);
    expect(result.renditions).toMatchObject([{ name: "360p", width: 360, height: 640 }]);
    expect(await probe(join(outputs, "v0.m3u8"), "stream=width,height:stream_side_data=rotation")).toEqual([
      "360,640",
    ]);
    expect(await probe(join(outputs, "poster.jpg"), "stream=width,height")).toEqual(["360,640"]);
  });

  test("in portrait, by its shorter side", async () => {
    const { result } = await encoded("portrait.mp4", [...picture("404x720", 1), "-c:v", "mpeg4"]);
    expect(result.renditions).toMatchObject([{ name: "360p", width: 360, height: 642 }]);
  });

  test("from a browser's recording, which does not say how long it is", async () => {
    const args = [...picture("320x180", 3), "-c:v", "libvpx", "-deadline", "realtime", "-live", "1"];
    const { result, percents } = await encoded("recorded.webm", args);
    expect(result.duration).toBe(3);
    expect(percents.length).toBeGreaterThan(0);
  });
});

describe("a source that browsers can play", { timeout: 120_000 }, () => {
  /** The picture's packets, by their bytes. */
  async function pictureOf(path: string): Promise<string[]> {
    const lines = await probe(path, "packet=codec_type,size,flags");
    return lines.filter((line) => line.startsWith("video"));
  }

  test("is taken over as it is, picture and sound, when one rendition is all there is", async () => {
    const args = [
      ...picture("640x360", 6),
      ...SINE,
      ...H264,
      "-b:v",
      "600k",
      "-maxrate",
      "700k",
      "-bufsize",
      "700k",
      ...AAC,
    ];
    const { outputs, result, playlist } = await encoded("fits.mp4", args);
    expect(result.renditions).toMatchObject([{ name: "360p", width: 640, height: 360 }]);
    expect(await pictureOf(join(outputs, "v0.m3u8"))).toEqual(
      await pictureOf(join(bench.folder, "fits.mp4")),
    );
    expect((await playlist(0)).segments.map(({ durationSeconds }) => durationSeconds)).toEqual([4, 2]);
  });

  test("stays the top rendition, and the encoded ones are cut where its keyframes are", async () => {
    const rate = ["-b:v", "2M", "-maxrate", "2M", "-bufsize", "2M", "-g", "80", "-keyint_min", "80"];
    const args = [...picture("1280x720", 9), ...SINE, ...H264, ...rate, ...AAC];
    const { outputs, result, playlist } = await encoded("top.mp4", args);
    expect(result.renditions.map(({ name }) => name)).toEqual(["360p", "720p"]);
    expect(await pictureOf(join(outputs, "v1.m3u8"))).toEqual(await pictureOf(join(bench.folder, "top.mp4")));
    const lengths = async (index: number) =>
      (await playlist(index)).segments.map(({ durationSeconds }) => Math.round(durationSeconds * 100) / 100);
    expect(await lengths(1)).toEqual([6.4, 2.6]);
    expect(await lengths(0)).toEqual([6.4, 2.6]);
  });

  test("is encoded all the same when its keyframes are too far apart for segments", async () => {
    const args = [...picture("640x360", 6), ...H264, "-g", "250", "-keyint_min", "250", "-b:v", "600k"];
    const { playlist } = await encoded("sparse.mp4", args);
    expect((await playlist(0)).segments.map(({ durationSeconds }) => durationSeconds)).toEqual([4, 2]);
  });
});

describe("what is no video ends with a code that no other try would mend", { timeout: 120_000 }, () => {
  async function written(name: string, content: string | Buffer): Promise<string> {
    const path = join(bench.folder, name);
    await writeFile(path, content);
    return path;
  }

  test("zero bytes, text, and noise behind an mp4's first bytes are unreadable", async () => {
    const noise = createHash("sha512").update("noise").digest();
    const head = Buffer.from("00000018667479706d703432000000006d70343269736f6d", "hex");
    expect(await refusal(await written("empty.mp4", ""))).toBe("video_unreadable");
    expect(await refusal(await written("text.mp4", "학번,이름\n".repeat(100)))).toBe("video_unreadable");
    expect(await refusal(await written("noise.mp4", Buffer.concat([head, noise, noise])))).toBe(
      "video_unreadable",
    );
  });

  test.for([
    ["its index at the end is cut off with it", []],
    ["its index says more than there is", ["-movflags", "+faststart"]],
  ] as const)("a file cut in half is unreadable: %s", async ([name, flags]) => {
    const args = [...picture("320x180", 6), ...H264, ...flags];
    const whole = await bench.source(`whole-${flags.length}.mp4`, args);
    const half = join(bench.folder, `half-${flags.length}.mp4`);
    await copyFile(whole, half);
    await truncate(half, Math.floor((await readFile(whole)).length / 2));
    expect(await refusal(half), name).toBe("video_unreadable");
  });

  test("half a file of a codec that has to be encoded is unreadable as well", async () => {
    const whole = await bench.source("whole.mkv", [...picture("320x180", 6), "-c:v", "mpeg4"]);
    const half = join(bench.folder, "half.mkv");
    await copyFile(whole, half);
    await truncate(half, Math.floor((await readFile(whole)).length / 2));
    expect(await refusal(half)).toBe("video_unreadable");
  });

  test("sound alone has no picture, and a cover is none", async () => {
    const sound = await bench.source("sound.mp4", ["-f", "lavfi", "-i", "sine=duration=1", ...AAC]);
    const jpg = await bench.source("cover.jpg", [...picture("64x64", 1), "-frames:v", "1"]);
    const args = [
      "-i",
      sound,
      "-i",
      jpg,
      "-map",
      "0",
      "-map",
      "1",
      "-c",
      "copy",
      "-disposition:v:0",
      "attached_pic",
    ];
    expect(await refusal(sound)).toBe("video_no_picture");
    expect(await refusal(await bench.source("album.mp4", args))).toBe("video_no_picture");
  });

  test("beyond the limits it is refused before anything is encoded", async () => {
    const path = await bench.source("small.mp4", [...picture("320x180", 2), ...H264]);
    expect(await refusal(path, { limits: { maxLongSide: 319 } })).toBe("video_too_large");
    expect(await refusal(path, { limits: { maxShortSide: 179 } })).toBe("video_too_large");
    expect(await refusal(path, { limits: { maxFramesPerSecond: 24 } })).toBe("video_too_large");
    expect(await refusal(path, { limits: { maxDurationSeconds: 1 } })).toBe("video_too_large");
    const tracks = [...picture("64x64", 1), ...SINE, "-map", "0", "-map", "1", "-map", "1"];
    expect(await refusal(await bench.source("tracks.mp4", tracks), { limits: { maxStreams: 2 } })).toBe(
      "video_too_large",
    );
  });

  test("output beyond its limit, and an encoding beyond its time, are refused", async () => {
    const path = await bench.source("long.mp4", [...picture("1280x720", 6), "-c:v", "mpeg4", "-q:v", "2"]);
    expect(await refusal(path, { limits: { maxOutputBytes: 20_000 } })).toBe("output_too_large");
    expect(await refusal(path, { limits: { maxEncodeSeconds: 0.3 } })).toBe("video_too_slow");
  });

  test("without ffmpeg the job waits, and a try that began says so", async () => {
    const missing = openFfmpeg({ path: bench.folder });
    const path = await written("any.mp4", "any");
    expect(await refusal(path, { ffmpeg: missing })).toBe("ffmpeg_missing");
  });
});
