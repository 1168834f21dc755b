import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProgram, type RunningProgram } from "@statusplane/test-support";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bench } from "../../cases/src/case.ts";
import { VIDEO_CASES } from "../../cases/src/video/index.ts";
import { openPlayer, type Player } from "../../cases/src/video/player.ts";
import { Api } from "./support/api.ts";

/** One of each kind, small; `npm run cases` has the whole list. */
const OF_EACH_KIND = [
  ...["fps-10-sync", "audio-ends-early-encode", "one-frame-sound", "hdr-pq-bare"],
  ...["mkv-default-duration-1ms", "uuid-first", "noise-mdat-encode"],
];

describe("a video, submitted and played to its end in Chromium", () => {
  let folder: string;
  let program: RunningProgram;
  let player: Player;
  let bench: Bench;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "statusplane-videos-"));
    program = await startProgram({ env: { DATA_DIR: join(folder, "data") } });
    player = await openPlayer(program.url);
    bench = { api: await Api.demo(program.url, "1"), player: async () => player, folder };
  });
  afterAll(async () => {
    await player?.close();
    await program?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(VIDEO_CASES.filter(({ name }) => OF_EACH_KIND.includes(name)))(
    "$name: $trait → $right",
    async (each) => {
      const { now, wrong } = await each.look(bench, await each.make(folder));
      expect(wrong, now).toEqual([]);
    },
  );

  it("has one case of each of those names", () => {
    expect(VIDEO_CASES.filter(({ name }) => OF_EACH_KIND.includes(name))).toHaveLength(OF_EACH_KIND.length);
  });
});
