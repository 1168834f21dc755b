import { defineErrors, JobError } from "@statusplane/core";
import { defineJob } from "@statusplane/worker";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";

const ERRORS = defineErrors({
  text_empty: { http: 422, retryable: false, ko: "글이 비어 있습니다.", en: "The text is empty." },
});

/** Counts the words of an uploaded text, line by line. */
export const wordCountJob = defineJob({
  type: "word_count",
  label: { en: "Word count", ko: "단어 세기" },
  steps: [{ key: "count", label: { en: "Counting", ko: "세는 중" } }],
  errors: Object.values(ERRORS),
  input: "file",
  run: async (ctx) => {
    if (ctx.inputPath === null) throw new JobError("input_gone");
    const { size } = await stat(ctx.inputPath);
    ctx.step("count");
    let [lines, words, bytes] = [0, 0, 0];
    for await (const line of createInterface({ input: createReadStream(ctx.inputPath) })) {
      ctx.signal.throwIfAborted();
      lines += 1;
      words += line.split(/\s+/).filter((word) => word !== "").length;
      bytes += Buffer.byteLength(line) + 1;
      ctx.progress((bytes / size) * 100);
    }
    if (words === 0) throw new JobError(ERRORS.text_empty);
    return { lines, words };
  },
});
