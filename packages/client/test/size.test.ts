import { build } from "esbuild";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

/** What stands in every stream's code and nowhere else. */
const OF_STREAMS = ["statusplane.v1", "text/event-stream", "BroadcastChannel"];

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../src/${entry}.ts`, import.meta.url))],
    conditions: ["statusplane-source"],
    ...{ bundle: true, minify: true, write: false, format: "esm", target: "es2023" },
  });
  return outputFiles[0]?.text ?? "";
}

const compressedBytes = (text: string): number => gzipSync(text, { level: 9 }).length;

describe("what a page loads", () => {
  it.each([
    ["poll", 7_470],
    ["watch", 13_620],
  ])("of the entry %s is at most %i bytes, minified and compressed", async (entry, maxBytes) => {
    expect(compressedBytes(await bundle(entry))).toBeLessThanOrEqual(maxBytes);
  });

  it("of the entry that only polls is nothing of streams", async () => {
    const [poll, watch] = [await bundle("poll"), await bundle("watch")];
    expect(OF_STREAMS.filter((word) => !watch.includes(word))).toEqual([]);
    expect(OF_STREAMS.filter((word) => poll.includes(word))).toEqual([]);
  });
});
