import { chmod, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFfmpeg, openFfmpeg } from "../src/ffmpeg/index.ts";
import { H264, openWorkbench, picture, processesNaming } from "./video-hls-fixtures.ts";

let bench: Awaited<ReturnType<typeof openWorkbench>>;
let video: string;
beforeAll(async () => {
  bench = await openWorkbench();
  video = await bench.source("short.mp4", [...picture("320x180", 2), ...H264]);
});
afterAll(() => bench.close());

/** An ffmpeg that runs shell lines of ours in place of one of its tasks, or of both. */
async function ffmpegWith(name: string, tasks: { readonly poster: string; readonly encode?: string }) {
  const found = await findFfmpeg();
  if (found === null) throw new Error("ffmpeg is missing");
  const path = join(bench.folder, name);
  const encode = tasks.encode ?? `exec ${found.ffmpegPath} "$@"`;
  await writeFile(path, `#!/bin/sh\ncase "$*" in\n*poster.jpg) ${tasks.poster} ;;\n*) ${encode} ;;\nesac\n`);
  await chmod(path, 0o755);
  const confinement = { bwrap: null, prlimit: null, setpriv: null };
  return openFfmpeg({}, async () => ({ ...found, ffmpegPath: path, confinement }));
}

describe("the poster, taken beside the encoding", { timeout: 120_000 }, () => {
  test("is left out where it cannot be had, and the video is published all the same", async () => {
    const ffmpeg = await ffmpegWith("no-poster", { poster: "exit 1" });
    const { end, outputs, steps } = await bench.encode(video, { ffmpeg });
    expect(await end).toMatchObject({ poster_path: null, duration: 2 });
    expect(steps).toEqual(["probe", "encode", "poster", "publish"]);
    expect(await readdir(outputs)).not.toContain("poster.jpg");
  });

  test("is given up with an encoding that fails, and no process of it stays", async () => {
    const ffmpeg = await ffmpegWith("no-encoding", {
      poster: "> begun; sleep 100",
      encode: "until [ -e begun ]; do sleep 0.02; done; exit 1",
    });
    const { end } = await bench.encode(video, { ffmpeg });
    await expect(end).rejects.toMatchObject({ code: "encode_failed" });
    expect(await processesNaming(video)).toEqual([]);
  });

  test("ends with its job when that is cancelled while only the poster is missing", async () => {
    const ffmpeg = await ffmpegWith("slow-poster", { poster: "sleep 100" });
    const cancel = new AbortController();
    const { end } = await bench.encode(video, {
      ffmpeg,
      signal: cancel.signal,
      onStep: (key) => key === "poster" && cancel.abort(new Error("cancelled by a person")),
    });
    await expect(end).rejects.toThrow("cancelled by a person");
    expect(await processesNaming(video)).toEqual([]);
  });
});
