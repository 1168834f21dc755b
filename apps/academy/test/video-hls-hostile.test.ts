import { randomBytes } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@statusplane/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFfmpeg, openFfmpeg, runConfined } from "../src/ffmpeg/index.ts";
import { H264, openWorkbench, picture, processesNaming } from "./video-hls-fixtures.ts";

let bench: Awaited<ReturnType<typeof openWorkbench>>;
let secret: string;
beforeAll(async () => {
  bench = await openWorkbench();
  secret = await bench.source("secret.mp4", [...picture("320x180", 2), ...H264]);
});
afterAll(() => bench.close());

describe("an upload that names other files", { timeout: 120_000 }, () => {
  const attacks = (other: string): Record<string, string> => ({
    "an HLS playlist": `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://${other}\n#EXT-X-ENDLIST\n`,
    "an HLS master playlist": `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nfile://${other}\n`,
    "an ffconcat list": `ffconcat version 1.0\nfile '${other}'\n`,
    "a DASH manifest": `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet><Representation id="1"><BaseURL>file://${other}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    "an SDP description": `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n`,
  });
  /** With and without the system's own confinement: the argument list alone has to hold. */
  const sources = {
    "under bubblewrap, where there is one": openFfmpeg(),
    "by the argument list alone": openFfmpeg({}, async () => {
      const found = await findFfmpeg();
      return found === null ? null : { ...found, confinement: { bwrap: null, prlimit: null, setpriv: null } };
    }),
  };

  test.for(Object.entries(sources))("is refused and nothing of them is written, %s", async ([, ffmpeg]) => {
    const canary = randomBytes(12).toString("hex");
    const canaryFile = join(bench.folder, "canary.txt");
    await writeFile(canaryFile, canary);
    for (const other of [secret, canaryFile]) {
      for (const [what, text] of Object.entries(attacks(other))) {
        const path = join(bench.folder, "x.mp4");
        await writeFile(path, text);
        const { end, outputs } = await bench.encode(path, { ffmpeg });
        await expect(end, what).rejects.toMatchObject({ code: "video_unreadable", retryable: false });
        expect(await readdir(outputs), what).toEqual([]);
      }
    }
  });

  test("cannot be read through ffmpeg where bubblewrap is, whatever the argument list says", async (context) => {
    const ffmpeg = await findFfmpeg();
    if (ffmpeg?.confinement.bwrap === null || ffmpeg === null)
      return context.skip("this system has no bubblewrap");
    const [list, folder] = [join(bench.folder, "list.txt"), join(bench.files.paths.temp)];
    await writeFile(list, attacks(secret)["an ffconcat list"] ?? "");
    const end = await runConfined({
      confinement: ffmpeg.confinement,
      program: ffmpeg.ffmpegPath,
      args: ["-v", "error", "-nostdin", "-f", "concat", "-safe", "0", "-i", list, "-c", "copy", "stolen.mp4"],
      readable: [list],
      writable: [folder],
      limits: { memoryBytes: 2 ** 31, cpuSeconds: 60, fileBytes: 2 ** 30, wallClockMs: 60_000 },
      signal: new AbortController().signal,
    });
    expect(end.exitCode).not.toBe(0);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("a cancelled encoding", { timeout: 120_000 }, () => {
  test("ends ffmpeg with all its processes and rejects with the reason", async () => {
    const path = await bench.source("long.mp4", [...picture("1280x720", 30), "-c:v", "mpeg4", "-q:v", "5"]);
    const cancel = new AbortController();
    const reason = new Error("cancelled by a person");
    let seen: string[] = [];
    const { end, outputs } = await bench.encode(path, {
      signal: cancel.signal,
      onProgress: () => void processesNaming(path).then((found) => (seen = seen.length > 0 ? seen : found)),
    });
    const ended = end.catch((error: unknown) => error);
    await eventually("ffmpeg is at work", () => seen.length > 0, 60_000);
    cancel.abort(reason);
    expect(await ended).toBe(reason);
    expect(await processesNaming(path)).toEqual([]);
    // 30 s make 8 segments: the encoding did not come to its end (ffmpeg may still write a playlist at SIGTERM)
    const segments = (await readdir(outputs)).filter((name) => /^v0_\d+/.test(name));
    expect(segments.length).toBeLessThan(8);
  });

  test("does not begin when it was cancelled before", async () => {
    const { end, outputs } = await bench.encode(secret, { signal: AbortSignal.abort(new Error("too late")) });
    await expect(end).rejects.toThrow("too late");
    expect(await readdir(outputs)).toEqual([]);
  });
});
