import { createServer } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { looksLikeDocument } from "../../src/jobs/ocr/index.ts";
import type { ReaderMessage } from "../../src/jobs/ocr/reader-messages.ts";
import { readPagesApart } from "../../src/jobs/ocr/reader-process.ts";
import { readPages } from "../../src/jobs/ocr/reader/read-pages.ts";
import { makePdf, textContent } from "./make-pdf.ts";
import { ENGLISH } from "./ocr-fixture.ts";

let folder = "";
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "statusplane-documents-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function orderFor(content: Uint8Array): Promise<Parameters<typeof readPages>[0]> {
  const path = join(folder, String(++files));
  await writeFile(path, content);
  return { path, folder, tesseract: null, heifConvert: null, recognises: true, done: [] };
}

/** What the reader says of a file, in this process: it opens it by the same code. */
async function said(content: Uint8Array): Promise<readonly ReaderMessage[]> {
  const messages: ReaderMessage[] = [];
  await readPages(await orderFor(content), (message) => messages.push(message));
  return messages;
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function pngOf(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const rows = deflateSync(Buffer.alloc(Math.min((width + 1) * height, 10_000_000)));
  return Buffer.concat([
    ...[Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), pngChunk("IHDR", header)],
    ...[pngChunk("IDAT", rows), pngChunk("IEND", Buffer.alloc(0))],
  ]);
}

const LOCKED = `/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /O <${"41".repeat(32)}> /U <${"42".repeat(32)}> /P -4 >> /ID [<00> <00>]`;

describe("a file that nobody can read", { timeout: 120_000 }, () => {
  it.each([
    ["an encrypted PDF", "document_encrypted", () => makePdf([{ content: "" }], { trailer: LOCKED })],
    [
      "a PDF of 10,000 pages",
      "document_too_large",
      () => makePdf(Array<{ content: "" }>(10_000).fill({ content: "" })),
    ],
    ["a picture of 60,000 × 60,000", "document_too_large", () => pngOf(60_000, 60_000)],
    [
      "a picture that ends in its middle",
      "document_unreadable",
      () => pngOf(3_000, 30_000).subarray(0, 2_000),
    ],
    [
      "rubbish that begins as a PDF",
      "document_unreadable",
      () => Buffer.from(`%PDF-1.7\n${"x".repeat(999)}`),
    ],
    ["a text", "not_a_document", () => Buffer.from("not a picture")],
    [
      "a HEIC where nothing converts it",
      "heic_not_supported",
      () => Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
    ],
  ])("%s is refused as %s", async (_, code, make) => {
    expect((await said(make())).at(-1)).toMatchObject({ type: "failed", code });
  });

  it("is refused at the submit where its first bytes tell", () => {
    expect(looksLikeDocument(Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"))).toMatchObject({
      code: "not_a_document",
    });
    expect(looksLikeDocument(new Uint8Array())).toBe("file_empty");
    expect(looksLikeDocument(pngOf(1, 1))).toBeNull();
  });
});

describe("a document that wants more than to be read", { timeout: 120_000 }, () => {
  it("has nothing fetched, and no script run", async () => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked += 1;
      response.end("x");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const action = `<< /S /JavaScript /JS (app.launchURL\\("${url}"\\); this.getURL\\("${url}"\\);) >>`;
    const links = `/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 595 842] /A << /S /URI /URI (${url}) >> >>] /AA << /O ${action} >>`;
    const pdf = makePdf([{ content: textContent(ENGLISH), more: links }], {
      catalog: `/OpenAction ${action} /Names << /EmbeddedFiles << /Names [(a) << /Type /Filespec /FS /URL /F (${url}) >>] >> >>`,
    });
    const messages = await said(pdf);
    expect(messages.find((message) => message.type === "page")).toMatchObject({
      reading: { source: "text", problem: null, lines: ENGLISH.map((text) => ({ text })) },
    });
    expect(asked).toBe(0);
    await new Promise((resolve) => server.close(resolve));
  });

  it("is ended where it unpacks to more than there is memory for", { timeout: 120_000 }, async () => {
    const bomb = deflateSync(Buffer.alloc(250_000_000, "q "), { level: 1 });
    const pdf = makePdf([{ content: "" }]);
    const at = pdf.indexOf("/Length"); // the empty page's content becomes the bomb; PDFium mends the offsets
    const grown = Buffer.concat([
      pdf.subarray(0, at),
      Buffer.from(`/Length ${bomb.length} >>\nstream\n`),
      bomb,
      pdf.subarray(pdf.indexOf("\nendstream", at)),
    ]);
    const limits = { memoryBytes: 400 * 1_048_576, silentSeconds: 60, documentSeconds: 90 };
    const read = async (): Promise<ReaderMessage[]> => {
      const messages: ReaderMessage[] = [];
      for await (const message of readPagesApart(await orderFor(grown), new AbortController().signal, limits))
        messages.push(message);
      return messages;
    };
    const outcome = await read().then(
      (messages) => messages.at(-1),
      (error: unknown) => error,
    );
    expect(outcome).toMatchObject({ code: "document_too_complex" });
  });

  it("is read without a page that is not there", async () => {
    const pdf = makePdf([{ content: textContent(ENGLISH) }, { content: "" }]).toString("latin1");
    const broken = Buffer.from(pdf.replace(/ \d+ 0 R\] >>/, " 9 0 R] >>"), "latin1");
    const pages = (await said(broken)).filter((message) => message.type === "page");
    expect(pages.map(({ reading }) => reading.problem)).toEqual([null, "unreadable"]);
  });
});
