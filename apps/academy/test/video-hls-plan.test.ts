import { describe, expect, test } from "vitest";
import { believableRate, outputFrameRate, parseRatio } from "../src/jobs/video-hls/frame-rate.ts";
import { looksLikeVideo, VIDEO_LIMITS } from "../src/jobs/video-hls/index.ts";
import { percentOf } from "../src/jobs/video-hls/encode-hls.ts";
import { posterSeconds } from "../src/jobs/video-hls/make-poster.ts";
import { bandwidthOf, parseMediaPlaylist } from "../src/jobs/video-hls/media-playlist.ts";
import { planRenditions } from "../src/jobs/video-hls/plan-renditions.ts";
import { parseReport } from "../src/jobs/video-hls/probe-video.ts";
import {
  createPacketScan,
  playedSeconds,
  type PacketScan,
  type PictureWalk,
} from "../src/jobs/video-hls/scan-packets.ts";
import { VIDEO_ERRORS } from "../src/jobs/video-hls/video-errors.ts";
import type { TrackWalk } from "../src/jobs/video-hls/track-walk.ts";
import { readSource, type VideoSource } from "../src/jobs/video-hls/video-source.ts";

const SOURCE: VideoSource = {
  ...{ videoTrack: 0, width: 1_920, height: 1_080, frameRate: { numerator: 25, denominator: 1 } },
  ...{ interlaced: false, durationSeconds: 60, startSeconds: 0, browserPicture: true },
  colors: {
    ...{ pixelFormat: "yuv420p", range: "tv", matrix: "bt709", primaries: "bt709", transfer: "bt709" },
    ...{ width: 1_920, height: 1_080 },
  },
  audio: { track: 1, browserSound: true },
  moreAudio: [],
};
const TRACK: TrackWalk = {
  ...{ packets: 1_500, hiddenPackets: 0, bytes: 15_000_000, startSeconds: 0, endSeconds: 60 },
  ...{ delaySeconds: 0, greatestHoleSeconds: 0, encrypted: false },
};
const PICTURE = { ...TRACK, greatestGapSeconds: 2, cutSeconds: [] };
const SCAN: PacketScan = { picture: PICTURE, sound: TRACK };

describe("the renditions", () => {
  const sizes = (width: number, height: number, picture: Partial<PictureWalk> = { startSeconds: 1 }) =>
    planRenditions({ ...SOURCE, width, height }, { ...SCAN, picture: { ...PICTURE, ...picture } }).map(
      (each) => `${each.name} ${each.width}x${each.height}${each.copyVideo ? " copied" : ""}`,
    );

  test("are those of the ladder that are not above the source", () => {
    expect(sizes(3_840, 2_160)).toEqual(["360p 640x360", "720p 1280x720", "1080p 1920x1080"]);
    expect(sizes(1_920, 1_080)).toEqual(["360p 640x360", "720p 1280x720", "1080p 1920x1080"]);
    expect(sizes(1_080, 1_920)).toEqual(["360p 360x640", "720p 720x1280", "1080p 1080x1920"]);
    expect(sizes(854, 480)).toEqual(["360p 640x360"]);
    expect(sizes(321, 181)).toEqual(["181p 322x182"]);
  });

  test("of a very wide picture stay within what decoders take", () => {
    expect(sizes(7_680, 1_080)).toEqual(["360p 960x136", "720p 1920x270", "1080p 2880x406"]);
    expect(sizes(3_840, 100)).toEqual(["100p 3840x100"]);
    expect(sizes(7_680, 400)).toEqual(["360p 2458x128"]);
  });

  test("have the source itself on top where it can be taken over, and below only what is clearly smaller", () => {
    expect(sizes(1_920, 1_080, {})).toEqual(["360p 640x360", "720p 1280x720", "1080p 1920x1080 copied"]);
    const small = { bytes: 6_000_000 };
    expect(sizes(854, 480, small)).toEqual(["360p 640x360", "480p 854x480 copied"]);
    expect(sizes(640, 360, small)).toEqual(["360p 640x360 copied"]);
  });

  test.for([
    ["its bit rate is too high", { bytes: 60_000_000 }],
    ["its keyframes are too far apart", { greatestGapSeconds: 4.1 }],
    ["it has no packets", { bytes: 0, endSeconds: 0 }],
    ["it begins later than the sound", { startSeconds: 0.05 }],
    ["it ends before the sound", { endSeconds: 59.4 }],
    ["a part of it is cut away by an edit list", { hiddenPackets: 1 }],
    ["its pictures come far out of order", { delaySeconds: 0.14 }],
  ] as const)("are all encoded when %s", ([, more]) => {
    expect(sizes(1_920, 1_080, more).join()).not.toContain("copied");
  });

  test("take the sound over only with the picture, and only where browsers play it", () => {
    const copies = (source: VideoSource) => planRenditions(source, SCAN).map(({ copyAudio }) => copyAudio);
    expect(copies(SOURCE)).toEqual([false, false, true]);
    expect(copies({ ...SOURCE, audio: { track: 1, browserSound: false } })).toEqual([false, false, false]);
    expect(copies({ ...SOURCE, browserPicture: false })).toEqual([false, false, false]);
  });

  test.for([
    ["begins later than the picture", { startSeconds: 0.05 }],
    ["ends before it", { endSeconds: 59.8 }],
    ["has a hole", { greatestHoleSeconds: 0.05 }],
  ] as const)("encode the sound, and take the picture over, when it %s", ([, more]) => {
    const top = planRenditions(SOURCE, { ...SCAN, sound: { ...TRACK, ...more } }).at(-1);
    expect(top).toMatchObject({ copyVideo: true, copyAudio: false });
  });
});

describe("the walk over the packets", () => {
  const scanOf = (lines: readonly string[], startSeconds = 0): PacketScan => {
    const scan = createPacketScan({ ...SOURCE, startSeconds });
    for (const line of lines) scan.add(line);
    return scan.result();
  };
  const packet = (pts: number | string, flags = "__", more: { track?: number; last?: string } = {}) =>
    `stream_index=${more.track ?? 0}|pts_time=${pts}|dts_time=${pts}|duration_time=1.0|size=10|flags=${flags}${more.last ?? ""}`;

  test("cuts at the first keyframe from each multiple of 4 s after the first on, as ffmpeg's muxer does", () => {
    const keyframes = [10, 13, 16, 19, 22, 31].map((at) => packet(at, "K_"));
    expect(scanOf(keyframes, 10).picture).toMatchObject({
      ...{ cutSeconds: [6, 9, 12, 21], greatestGapSeconds: 9, endSeconds: 22, bytes: 60 },
    });
    expect(
      scanOf(
        [10.5, 14.2, 14.5].map((at) => packet(at, "K_")),
        10,
      ).picture.cutSeconds,
    ).toEqual([4.5]);
  });

  test("counts the time to the end, and wants a keyframe first and a time on each packet", () => {
    const gap = (lines: readonly string[]) => scanOf(lines).picture.greatestGapSeconds;
    expect(gap([packet(0, "K_"), packet(8)])).toBe(9);
    expect(gap([packet(0), packet(1, "K_")])).toBe(Infinity);
    expect(gap([packet(0, "K_"), packet("N/A"), packet(1, "K_")])).toBe(Infinity);
    expect(gap([])).toBe(Infinity);
  });

  test("leaves out what the file itself never shows, and says that there is some", () => {
    expect(scanOf([packet(-1, "_D"), packet(0, "K_")]).picture).toMatchObject({
      ...{ greatestGapSeconds: 1, bytes: 10, hiddenPackets: 1, startSeconds: 0 },
    });
  });

  test("knows where the sound begins, ends and is missing, and whose packets are whose", () => {
    const sound = [0.5, 1.5, 4].map((at) => packet(at, "K_", { track: 1 }));
    const scan = scanOf([packet(0, "K_"), ...sound, packet(9, "K_", { track: 2 })]);
    expect(scan.sound).toMatchObject({ startSeconds: 0.5, endSeconds: 5, greatestHoleSeconds: 1.5 });
    expect([scan.picture.endSeconds, playedSeconds(scan)]).toEqual([1, 5]);
    expect(scanOf([packet(0, "K_")]).sound).toBeNull();
  });

  test("lets a last packet that does not say how long it is last as long as the others", () => {
    const lines = [0, 1, 2].map((at) => packet(at, "K_").replace("duration_time=1.0", "duration_time=N/A"));
    expect(scanOf(lines).picture.endSeconds).toBe(3);
  });

  test("sees that packets are encrypted", () => {
    const scan = scanOf([packet(0, "K_", { last: "|side_data_type=Encryption info" })]);
    expect(scan.picture.encrypted).toBe(true);
  });
});

const DECODERS = { canDecode: (codec: string) => codec !== "mpegh_3d_audio" };

describe("of many tracks", () => {
  const read = (...streams: readonly object[]) => {
    const report = { format: {}, streams: streams.map((each, index) => ({ index, ...each })) };
    const { videoTrack, audio, moreAudio } = readSource(
      parseReport(JSON.stringify(report)),
      VIDEO_LIMITS,
      DECODERS,
    );
    return [videoTrack, audio?.track ?? null, moreAudio.map(({ track }) => track)];
  };
  const picture = { codec_type: "video", codec_name: "h264", width: 640, height: 360 };
  const sound = { codec_type: "audio", codec_name: "aac", channels: 2 };
  const cover = { ...picture, codec_name: "mjpeg", disposition: { attached_pic: 1 } };
  const subtitles = Array.from({ length: 30 }, () => ({ codec_type: "subtitle", codec_name: "srt" }));

  test("the first picture and the default sound are taken, that can be decoded", () => {
    expect(read(cover, picture, sound, { ...sound, disposition: { default: 1 } })).toEqual([1, 3, [2]]);
    expect(read({ ...picture, codec_name: "unknown" }, picture, ...subtitles)).toEqual([1, null, []]);
    const named = { ...sound, codec_name: "mpegh_3d_audio", disposition: { default: 1 } };
    expect(read(picture, named, sound)).toEqual([0, 2, []]);
    expect(read(picture, named)).toEqual([0, null, []]);
  });

  test("a length of all ones is unknown", () => {
    const unknown = { ...picture, index: 0, duration_ts: 0xff_ff_ff_ff };
    const report = { format: { duration: "279620" }, streams: [unknown] };
    const source = readSource(parseReport(JSON.stringify(report)), VIDEO_LIMITS, DECODERS);
    expect(source.durationSeconds).toBeNull();
  });

  test.each([
    ["a tag", { tags: { DURATION: "03:00:05.000000000" } }],
    ["the file", {}],
  ])("a length that %s counts from 0 does not count what is before the first picture", (_, own) => {
    const report = {
      format: { duration: "10805", start_time: "10799.979" },
      streams: [{ ...picture, ...own, index: 0 }],
    };
    const source = readSource(parseReport(JSON.stringify(report)), VIDEO_LIMITS, DECODERS);
    expect(source.durationSeconds).toBeCloseTo(5.021);
  });

  test("a declared rate or length refuses nothing", () => {
    expect(read({ ...picture, duration: "99999999", avg_frame_rate: "1000/1" })).toEqual([0, null, []]);
  });

  test("a picture that cannot be decoded is unreadable", () => {
    expect(() => read({ ...picture, codec_name: "mpegh_3d_audio" }, sound)).toThrow(
      expect.objectContaining({ code: "video_unreadable" }),
    );
  });
});

test("a declared rate that is a clock is replaced by what the packets count", () => {
  const believed = (declared: number, packets: number, seconds: number) => {
    const { numerator, denominator } = believableRate(
      { numerator: declared, denominator: 1 },
      { packets, seconds },
    );
    return numerator / denominator;
  };
  expect(believed(1_000, 120, 4)).toBe(30);
  expect(believed(30, 120, 4)).toBe(30);
  expect(believed(60, 240 * 4, 4)).toBe(60);
  expect(believed(30, 1, 0)).toBe(30);
});

test("packets are not counted where the codec, the colour or the declared bit rate rules a copy out", () => {
  const h264 = { index: 0, codec_type: "video", codec_name: "h264", profile: "High", level: 40 };
  const shape = {
    pix_fmt: "yuv420p",
    width: 1_920,
    height: 1_080,
    avg_frame_rate: "30/1",
    r_frame_rate: "30/1",
  };
  const worthCounting = (change: object) => {
    const report = { format: { duration: "60" }, streams: [{ ...h264, ...shape, ...change }] };
    return readSource(parseReport(JSON.stringify(report)), VIDEO_LIMITS, DECODERS).browserPicture;
  };
  expect(worthCounting({})).toBe(true);
  expect(worthCounting({ bit_rate: "9000000" })).toBe(true);
  expect(worthCounting({ bit_rate: "17000000" })).toBe(false);
  expect(worthCounting({ codec_name: "hevc" })).toBe(false);
  expect(worthCounting({ pix_fmt: "yuv420p10le" })).toBe(false);
});

test("a rendition's frame rate is the source's, halved to 60 at most, multiplied to 10 at least, and 30 where the source's varies", () => {
  const rate = (average: string, base: string) => {
    const { numerator, denominator } = outputFrameRate(parseRatio(average), parseRatio(base));
    return `${numerator}/${denominator}`;
  };
  expect(rate("30000/1001", "30000/1001")).toBe("30000/1001");
  expect(rate("120/1", "120/1")).toBe("120/2");
  expect(rate("1/2", "1/2")).toBe("20/2");
  expect(rate("4/1", "4/1")).toBe("12/1");
  expect(rate("29/4", "1000/1")).toBe("30/1");
  expect(rate("29/4", "15/1")).toBe("15/1");
  expect(rate("99/2", "90000/1")).toBe("50/1");
  expect(rate("0/0", "0/0")).toBe("30/1");
});

test("a cheap look at the first bytes refuses what is no mp4, mov, mkv or webm", () => {
  const box = (type: string) => Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from(type)]);
  for (const type of ["ftyp", "styp", "uuid", "moov", "mdat", "wide", "free", "skip"])
    expect(looksLikeVideo(box(type))).toBeNull();
  expect(looksLikeVideo(Buffer.from("1a45dfa3", "hex"))).toBeNull();
  expect(looksLikeVideo(Buffer.alloc(0))).toBe("file_empty");
  for (const still of ["heic", "avif"])
    expect(looksLikeVideo(Buffer.concat([box("ftyp"), Buffer.from(still)]))).toBe(VIDEO_ERRORS.not_a_video);
  for (const text of ["#EXTM3U\n#EXTINF:2,", "ffconcat version 1.0", "PK\u0003\u0004", "f", "RIFF....AVI "]) {
    expect(looksLikeVideo(Buffer.from(text)), text).toBe(VIDEO_ERRORS.not_a_video);
  }
});

test("ffmpeg's progress is a percentage that ends at 100, and nothing while it says N/A", () => {
  expect(percentOf("out_time_us=2500000", 10)).toBe(25);
  expect(percentOf("out_time_us=10010000", 10)).toBe(100);
  for (const line of ["out_time_us=N/A", "out_time_us=-23220", "frame=12", ""])
    expect(percentOf(line, 10)).toBeNull();
});

test("the poster is taken at a tenth, a second at least where there is one", () => {
  expect([3_600, 20, 5, 1].map(posterSeconds)).toEqual([360, 2, 1, 0.5]);
});

test("a playlist that is not finished, or has no init segment, is none", () => {
  const whole = '#EXTM3U\n#EXT-X-MAP:URI="v0_init.mp4"\n#EXTINF:4.000000,\nv0_000000.m4s\n#EXT-X-ENDLIST\n';
  expect(parseMediaPlaylist(whole)).toEqual({
    initName: "v0_init.mp4",
    segments: [{ name: "v0_000000.m4s", durationSeconds: 4 }],
  });
  expect(parseMediaPlaylist(whole.replace("#EXT-X-ENDLIST\n", ""))).toBeNull();
  expect(parseMediaPlaylist(whole.replace(/#EXT-X-MAP.*\n/, ""))).toBeNull();
  expect(parseMediaPlaylist(whole.replace(/#EXTINF.*\n/, ""))).toBeNull();
});

test("the bandwidth is the peak over whole segments; a short last one makes none", () => {
  const segments = [
    { durationSeconds: 4, bytes: 1_000 },
    { durationSeconds: 4, bytes: 3_000 },
    { durationSeconds: 0.1, bytes: 500 },
  ];
  expect(bandwidthOf(segments)).toEqual({ peak: 6_000, average: Math.ceil((4_500 * 8) / 8.1) });
});
