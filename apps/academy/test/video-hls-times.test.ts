import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readInitTracks, type InitTrack } from "../src/jobs/video-hls/fragment-boxes.ts";
import { parseMediaPlaylist } from "../src/jobs/video-hls/media-playlist.ts";
import { segmentSeconds, timesFault, type SegmentTimes } from "../src/jobs/video-hls/segment-times.ts";
import { AAC, H264, openWorkbench, probe } from "./video-hls-fixtures.ts";

const run = promisify(execFile);
let bench: Awaited<ReturnType<typeof openWorkbench>>;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

const SYNC_SECONDS = 0.045;

/** A flash and a beep at each whole second. */
function flashAndBeep(seconds: number, rate: number): string[] {
  const flash = `drawbox=enable='lt(mod(t+0.001,1),${(1.2 / rate).toFixed(4)})':color=white:t=fill`;
  return [
    ...["-f", "lavfi", "-i", `color=black:s=320x180:r=${rate}:d=${seconds},${flash}`],
    ...["-f", "lavfi", "-i", `aevalsrc='if(lt(mod(t,1),0.05),0.8*sin(2*PI*1000*t),0)':s=48000:d=${seconds}`],
  ];
}

const silent = (seconds: number, rate: number | string) => [
  ...["-f", "lavfi", "-i", `testsrc2=s=320x180:r=${rate}:d=${seconds}`],
];
const tone = (seconds: number) => ["-f", "lavfi", "-i", `sine=d=${seconds}`];
const MPEG4 = ["-c:v", "mpeg4", "-q:v", "5"];
const BFRAMES = [...H264.slice(0, 2), "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "50", "-bf", "2"];

interface SegmentPackets {
  readonly announcedSeconds: number;
  readonly video: readonly number[];
  readonly audio: readonly number[];
}

/** Each segment alone behind its init segment, as a player appends it: the times that ffprobe finds in it. */
async function packetsOf(outputs: string, index = 0): Promise<SegmentPackets[]> {
  const playlist = parseMediaPlaylist(await readFile(join(outputs, `v${index}.m3u8`), "utf8"));
  if (playlist === null) throw new Error("there is no finished playlist");
  const init = await readFile(join(outputs, playlist.initName));
  const found: SegmentPackets[] = [];
  for (const { name, durationSeconds } of playlist.segments) {
    const alone = join(bench.folder, "alone.mp4");
    await writeFile(alone, Buffer.concat([init, await readFile(join(outputs, name))]));
    const lines = (await probe(alone, "packet=codec_type,pts_time")).map((line) => line.split(","));
    const times = (type: string) =>
      lines
        .filter(([kind]) => kind === type)
        .map(([, pts]) => Number(pts))
        .sort((a, b) => a - b);
    found.push({ announcedSeconds: durationSeconds, video: times("video"), audio: times("audio") });
  }
  return found;
}

/** Seconds from each flash to the nearest beep, as they are decoded from the playlist. */
async function beepsAfterFlashes(playlist: string): Promise<number[]> {
  const { stdout: bright } = await run("ffprobe", [
    ...["-v", "error", "-f", "lavfi", "-i", `movie=${playlist},signalstats`],
    ...["-show_entries", "frame=pts_time:frame_tags=lavfi.signalstats.YAVG", "-of", "csv=p=0"],
  ]);
  const frames = bright
    .trim()
    .split("\n")
    .map((line) => line.split(",").map(Number) as [number, number]);
  const flashes = frames
    .filter(([, light], n) => light > 100 && (frames[n - 1]?.[1] ?? 0) <= 100)
    .map(([at]) => at);
  const { stderr } = await run("ffmpeg", [
    ...["-copyts", "-i", playlist, "-map", "0:a", "-af", "silencedetect=n=-20dB:d=0.3", "-f", "null", "-"],
  ]);
  const beeps = [0, ...[...stderr.matchAll(/silence_end: ([\d.]+)/g)].map(([, at]) => Number(at))];
  return flashes.map((flash) =>
    beeps.map((beep) => beep - flash).reduce((a, b) => (Math.abs(a) < Math.abs(b) ? a : b)),
  );
}

describe("every segment holds what the playlist promises", { timeout: 120_000 }, () => {
  /** Two inputs of one clip, one of them moved. */
  async function moved(name: string, seconds: number, which: "sound" | "picture"): Promise<string> {
    const clip = await bench.source("clip.mkv", [...flashAndBeep(6, 25), ...H264, ...AAC]);
    const [picture, sound] =
      which === "picture" ? [["-itsoffset", `${seconds}`], []] : [[], ["-itsoffset", `${seconds}`]];
    const inputs = [...picture, "-i", clip, ...sound, "-i", clip];
    return bench.source(name, [...inputs, "-map", "0:v", "-map", "1:a", "-c", "copy"]);
  }
  const made =
    (name: string, ...args: readonly (readonly string[])[]) =>
    () =>
      bench.source(name, args.flat());
  const holes = "aselect='lt(t,1)+gt(t,5.5)'";

  test.for([
    ["sound that begins later", 7, () => moved("late-sound.mp4", 1, "sound")],
    ["a picture that begins later", 8, () => moved("late-picture.mkv", 2, "picture")],
    ["sound that ends before the last segment", 9, made("early.mp4", silent(9, 25), tone(3), H264, AAC)],
    [
      "sound with a hole as long as a segment",
      9,
      made("hole.mkv", flashAndBeep(9, 25), ["-af", holes], H264, AAC),
    ],
    ["sound that goes on behind the picture", 9, made("held.mp4", silent(2, 25), tone(9), H264, AAC)],
    ["a single picture with sound", 6, made("still.mp4", silent(0.04, 25), tone(6), H264, AAC)],
    ["a picture every two seconds", 10, made("slow.mp4", silent(10, "1/2"), H264)],
    ["pictures out of order, taken over", 6, made("order.mp4", flashAndBeep(6, 25), BFRAMES, AAC)],
    ["few pictures a second, encoded", 6, made("few.mp4", flashAndBeep(6, 10), MPEG4, AAC)],
  ] as const)("of %s", async ([, seconds, source]) => {
    const { end, outputs } = await bench.encode(await source());
    const result = await end;
    expect(result.duration).toBe(seconds);

    const segments = await packetsOf(outputs);
    const withSound = segments[0]?.audio.length !== 0;
    const begin = segments[0]?.video[0] ?? Number.NaN;
    expect(begin).toBeLessThan(0.1);
    let next = begin;
    for (const { announcedSeconds, video, audio } of segments) {
      expect(video[0]).toBeCloseTo(next, 2);
      next += announcedSeconds;
      const lastVideo = video.at(-1) ?? Number.NaN;
      expect(next - lastVideo).toBeGreaterThan(0);
      expect(next - lastVideo).toBeLessThan(0.11);
      if (withSound) expect(audio.length).toBeGreaterThan(0);
    }
    expect(next - begin).toBeCloseTo(seconds, 1);
    const heard = segments.flatMap(({ audio }) => audio).sort((a, b) => a - b);
    if (withSound) {
      expect(Math.abs((heard[0] ?? Number.NaN) - begin)).toBeLessThan(SYNC_SECONDS);
      expect(next - (heard.at(-1) ?? Number.NaN)).toBeLessThan(0.1);
    }
    const holesInSound = heard.map((at, n) => at - (heard[n - 1] ?? at));
    expect(Math.max(0, ...holesInSound)).toBeLessThan(SYNC_SECONDS);
    expect((await readFile(join(outputs, "v0_init.mp4"))).includes("elst")).toBe(false);
  });

  test("once, also of sound whose channels change in the middle", async () => {
    const parts = ["1", "2"].map((channels) =>
      bench.source(`${channels}.mp3`, [...tone(2), "-ar", "48000", "-ac", channels, "-c:a", "libmp3lame"]),
    );
    const list = join(bench.folder, "list.txt");
    await writeFile(list, (await Promise.all(parts)).map((path) => `file ${path}\n`).join(""));
    const sound = ["-f", "concat", "-safe", "0", "-i", list];
    const path = await bench.source("channels.mkv", [...silent(4, 25), ...sound, ...H264, "-c:a", "copy"]);
    const { end, outputs } = await bench.encode(path);
    await end;
    const packets = (await packetsOf(outputs)).flatMap(({ audio }) => audio).length;
    const wanted = (4 * 48_000) / 1_024;
    expect(packets).toBeGreaterThan(wanted - 5);
    expect(packets).toBeLessThan(wanted + 8);
  });

  test("and the beep comes with the flash, where one begins later by the time it was late", async () => {
    const beeps = async (source: Promise<string>) => {
      const { end, outputs } = await bench.encode(await source);
      await end;
      return (await beepsAfterFlashes(join(outputs, "v0.m3u8"))).slice(1, 5);
    };
    const few = made("few.mp4", flashAndBeep(6, 10), MPEG4, AAC);
    const order = made("order.mp4", flashAndBeep(6, 25), BFRAMES, AAC);
    const worst = async (source: Promise<string>, late: number) =>
      Math.max(...(await beeps(source)).map((seconds) => Math.abs(seconds - late)));
    expect(await worst(few(), 0)).toBeLessThan(SYNC_SECONDS);
    expect(await worst(order(), 0)).toBeLessThan(SYNC_SECONDS);
    expect(await worst(moved("half-late.mp4", 0.3, "sound"), 0.3)).toBeLessThan(SYNC_SECONDS);
  });
});

describe("what is taken over was decoded once", { timeout: 120_000 }, () => {
  /** The profile of what came out: ours is Main, the source's Baseline. */
  async function profileOf(path: string): Promise<string> {
    const { end, outputs } = await bench.encode(path);
    await end;
    return /CODECS="avc1\.(..)/.exec(await readFile(join(outputs, "master.m3u8"), "utf8"))?.[1] ?? "none";
  }

  test("and what cannot be decoded without a fault is encoded", async () => {
    const whole = await bench.source("fine.mp4", [...silent(6, 25), ...H264, "-movflags", "+faststart"]);
    expect(await profileOf(whole)).toBe("42");
    const bytes = await readFile(whole);
    bytes.fill(0x55, Math.floor(bytes.length * 0.7), Math.floor(bytes.length * 0.72));
    const damaged = join(bench.folder, "damaged.mp4");
    await writeFile(damaged, bytes);
    expect(await profileOf(damaged)).toBe("4d");
  });

  test("so that what is encrypted is unreadable at the first try", async () => {
    const scheme = [
      "-encryption_scheme",
      "cenc-aes-ctr",
      "-encryption_kid",
      "a7e61c373e219033c21091fa607bf3b8",
    ];
    const key = ["-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb"];
    const path = await bench.source("drm.mp4", [...silent(2, 25), ...H264, ...scheme, ...key]);
    const { end } = await bench.encode(path);
    await expect(end).rejects.toMatchObject({ code: "video_unreadable", retryable: false });
  });

  test.for([
    ["nothing", 0],
    ["only the first half", 0.5],
  ] as const)("and what holds %s that can be decoded is unreadable as well", async ([, share]) => {
    const path = await bench.source("fine.mp4", [...silent(6, 25), ...H264, "-movflags", "+faststart"]);
    const bytes = await readFile(path);
    const begin = bytes.indexOf("mdat") + 4;
    bytes.fill(0, begin + Math.floor((bytes.length - begin) * share));
    const holed = join(bench.folder, `holed-${share}.mp4`);
    await writeFile(holed, bytes);
    const { end } = await bench.encode(holed);
    await expect(end).rejects.toMatchObject({ code: "video_unreadable", retryable: false });
  });
});

test("an edit list that shows nothing is none", async () => {
  const path = await bench.source("no-length.mp4", [...silent(2, 25), ...H264]);
  const bytes = await readFile(path);
  bytes.writeUInt32BE(0, bytes.indexOf("elst") + 12); // the entry's length
  bytes.writeUInt32BE(0, bytes.indexOf("tkhd") + 24);
  await writeFile(path, bytes);
  const { end, outputs } = await bench.encode(path);
  expect((await end).duration).toBe(2);
  expect((await packetsOf(outputs)).flatMap(({ video }) => video)).toHaveLength(50);
});

test("a video shorter than half a second lasts a second where seconds are counted, and its own time in the playlist", async () => {
  const { end, outputs } = await bench.encode(await bench.source("blink.mp4", [...silent(0.2, 25), ...H264]));
  expect((await end).duration).toBe(1);
  expect((await packetsOf(outputs)).map(({ announcedSeconds }) => announcedSeconds)).toEqual([0.2]);
});

describe("the look at what the encoder wrote", () => {
  const tracks: readonly InitTrack[] = (["picture", "sound"] as const).map((kind, n) => {
    return { id: n + 1, kind, timescale: 1_000, defaultDuration: 40, defaultFlags: 0, shifted: false };
  });
  const track = (startSeconds: number, endSeconds: number) => {
    return {
      ...{ startSeconds, endSeconds, samples: 100, longestSampleSeconds: 0.04, beginsWithKeyframe: true },
    };
  };
  const first: SegmentTimes = { name: "a.m4s", bytes: 1, picture: track(0, 4), sound: track(0, 3.99) };
  const second: SegmentTimes = { name: "b.m4s", bytes: 1, picture: track(4, 6), sound: track(3.99, 6.01) };
  const fault = (change: Partial<SegmentTimes>) =>
    timesFault({ tracks, segments: [first, { ...second, ...change }] });

  test("finds nothing to say of segments that follow one another", () => {
    expect(fault({})).toBeNull();
    expect(segmentSeconds({ tracks, segments: [first, second] })).toEqual([4, 2]);
  });

  test("counts sound that goes on behind the last picture", () => {
    const held = { ...second, sound: track(3.99, 7) };
    expect(segmentSeconds({ tracks, segments: [first, held] })).toEqual([4, 3]);
  });

  test("tells what a player would stand still at", () => {
    expect(fault({ sound: null })).toBe("b.m4s: the sound has no samples");
    expect(fault({ picture: null })).toBe("b.m4s: the picture has no samples");
    expect(fault({ picture: track(4.5, 6) })).toBe("b.m4s: the picture has a hole of 0.500 s before it");
    expect(fault({ picture: { ...track(4, 6), beginsWithKeyframe: false } })).toContain("keyframe");
    expect(fault({ sound: { ...track(3.99, 6), longestSampleSeconds: 2 } })).toBe(
      "b.m4s: the sound has a sample that lasts for 2.000 s",
    );
    expect(fault({ sound: track(3.99, 5) })).toBe("the sound ends -1.000 s after the picture");
    const late = [{ ...first, sound: track(0.5, 3.99) }, second];
    expect(timesFault({ tracks, segments: late })).toBe("the sound begins 0.500 s after the picture");
    expect(timesFault({ tracks: tracks.slice(1), segments: [first] })).toBe("there is no picture track");
  });

  test("sees times that stand in an edit list only", async () => {
    const late = ["-itsoffset", "1", ...tone(1), ...silent(2, 25), ...H264, ...AAC];
    const path = await bench.source("edits.mp4", [...late, "-movflags", "+frag_keyframe+delay_moov"]);
    const found = readInitTracks(await readFile(path));
    expect(new Map(found.map(({ kind, shifted }) => [kind, shifted]))).toEqual(
      new Map([
        ["picture", false],
        ["sound", true],
      ]),
    );
    expect(timesFault({ tracks: found, segments: [first] })).toBe("a track is moved by an edit list");
  });
});
