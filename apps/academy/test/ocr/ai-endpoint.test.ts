import { StatusplaneError } from "@statusplane/core";
import { eventually } from "@statusplane/test-support";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { aiReader } from "../../src/jobs/ocr/index.ts";
import type { AiSettings } from "../../src/jobs/ocr/ai-endpoint.ts";
import { makePdf, textContent } from "./make-pdf.ts";
import { ENGLISH, OcrBench, sheet } from "./ocr-fixture.ts";

const bench = new OcrBench();

interface Asked {
  readonly headers: IncomingMessage["headers"];
  readonly body: {
    readonly model: string;
    readonly messages: readonly {
      readonly content: readonly { readonly image_url?: { readonly url: string } }[];
    }[];
  };
}

/** An endpoint that speaks the protocol, and answers as it is told to. */
type Reply = (response: ServerResponse) => void;
const asked: Asked[] = [];
const replies: Reply[] = [];
const server = createServer((request, response) => {
  void text(request).then((body) => {
    asked.push({ headers: request.headers, body: JSON.parse(body) as Asked["body"] });
    (replies.shift() ?? completion("no reply is left"))(response);
  });
});
let settings: AiSettings;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  settings = {
    ...{ baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: "key", model: "eyes" },
    ...{ timeoutMs: 20_000, jobTokens: 1_000, backoffMs: 1 },
  };
});
afterEach(() => {
  asked.length = 0;
  replies.length = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const answer =
  (status: number, body: string, headers: Record<string, string> = {}): Reply =>
  (response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);

const completion = (content: string, { reason = "stop", tokens = 10 } = {}): Reply =>
  answer(
    200,
    JSON.stringify({
      choices: [{ message: { role: "assistant", content }, finish_reason: reason }],
      usage: { prompt_tokens: tokens - 3, completion_tokens: 3 },
    }),
  );

/** Pictures without text of their own. */
async function scans(pages: number): Promise<string> {
  const one = await sheet(["scan"], { dpi: 72 })
    .toColourspace("b-w")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = one.info;
  const raw = { width, height: height * pages, channels: 1, pageHeight: height } as const;
  return bench.file(
    await sharp(Buffer.concat(Array<Buffer>(pages).fill(one.data)), { raw })
      .tiff()
      .toBuffer(),
  );
}

const read = async (path: string, id: string, more: Partial<AiSettings> = {}, signal?: AbortSignal) =>
  bench.run(path, {
    ...{ id, ai: aiReader({ ...settings, ...more }) },
    ...(signal === undefined ? {} : { signal }),
  });

describe("an AI endpoint", () => {
  it("reads pages that hold no text of their own, and only those", async () => {
    replies.push(completion("안녕하세요\nnull\0 and half \uD800 letters", { tokens: 123 }));
    const result = await read(await scans(1), "ai");
    expect(result).toMatchObject({
      ...{ outcome: "complete", sources: { text: 0, ocr: 0, ai: 1 }, confidence: null },
      ...{
        text: "안녕하세요\nnull  and half   letters",
        tokens: { input: 120, output: 3 },
      },
    });
    expect(asked[0]?.headers.authorization).toBe("Bearer key");
    expect(asked[0]?.body.model).toBe("eyes");
    expect(asked[0]?.body.messages[0]?.content[1]?.image_url?.url).toMatch(/^data:image\/jpeg;base64,\/9j\//);
    const typed = await read(await bench.file(makePdf([{ content: textContent(ENGLISH) }])), "typed");
    expect(typed).toMatchObject({ sources: { text: 1, ocr: 0, ai: 0 }, tokens: null });
    expect(asked).toHaveLength(1);
  });

  it.each<[string, Reply]>([
    ["429, with the wait that it asks for", answer(429, "{}", { "retry-after": "0" })],
    ["500", answer(500, "oops")],
    ["an answer that is cut off", (response) => response.writeHead(200).write("{", () => response.destroy())],
    ["an answer that is no JSON", answer(200, "<html>")],
    ["an answer of another shape", answer(200, '{"choices":[]}')],
  ])("is asked again after %s", async (name, reply) => {
    replies.push(reply, completion("then this"));
    expect(await read(await scans(1), name.replaceAll(/\W/g, ""))).toMatchObject({ text: "then this" });
    expect(asked).toHaveLength(2);
  });

  it("is unavailable after four tries, or when it wants more patience than there is", async () => {
    const path = await scans(1);
    replies.push(...Array<Reply>(4).fill(answer(503, "")));
    await expect(read(path, "gone")).rejects.toMatchObject({ code: "ai_unavailable", retryable: true });
    expect(asked).toHaveLength(4);
    replies.push(answer(429, "", { "retry-after": "3600" }));
    await expect(read(path, "patience")).rejects.toMatchObject({ code: "ai_unavailable" });
    expect(asked).toHaveLength(5);
  });

  it("is not waited for longer than was said", async () => {
    replies.push(...Array<Reply>(4).fill(() => undefined)); // takes the question and says nothing
    const run = read(await scans(1), "slow", { timeoutMs: 50 });
    await expect(run).rejects.toMatchObject({ code: "ai_unavailable" });
  });

  it("that refuses the key ends the job at once; one that refuses a page costs that page", async () => {
    replies.push(answer(401, '{"error":"bad key"}'));
    await expect(read(await scans(2), "key")).rejects.toMatchObject({ code: "ai_refused", retryable: false });
    expect(asked).toHaveLength(1);
    replies.push(answer(400, '{"error":"picture"}'), completion("second"));
    expect(await read(await scans(2), "page")).toMatchObject({
      ...{ outcome: "partial", pages_read: 1, text: "second" },
      problems: [{ page: 1, problem: "ai_failed" }],
    });
  });

  it("is asked no more once the document has used its tokens; a cut answer is told", async () => {
    replies.push(
      completion("first", { tokens: 600 }),
      completion("second", { tokens: 600, reason: "length" }),
    );
    expect(await read(await scans(3), "budget")).toMatchObject({
      ...{ outcome: "partial", tokens: { input: 1_194, output: 6 } },
      problems: [
        { page: 2, problem: "ai_cut" },
        { page: 3, problem: "ai_budget" },
      ],
    });
    expect(asked).toHaveLength(2);
  });

  it("is left in the middle of its answer when the job is cancelled", async () => {
    replies.push(() => undefined);
    const controller = new AbortController();
    const run = read(await scans(1), "cancel", {}, controller.signal);
    run.catch(() => undefined); // looked at below
    await eventually("it is asked", () => Promise.resolve(asked.length > 0 || null));
    controller.abort(new StatusplaneError("cancelled"));
    await expect(run).rejects.toMatchObject({ code: "cancelled" });
  });
});
