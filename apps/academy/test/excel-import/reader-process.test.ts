import { eventually } from "@statusplane/test-support";
import { writeXlsx } from "hucre/xlsx";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ReaderMessage } from "../../src/jobs/excel-import/reader-messages.ts";
import { readStudentsApart } from "../../src/jobs/excel-import/reader-process.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "statusplane-reader-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function orderFor(name: string, rows: number): Promise<Parameters<typeof readStudentsApart>[0]> {
  const path = join(folder, `${name}.xlsx`);
  const cells = [["학번", "이름"], ...Array.from({ length: rows }, (_, i) => [`${i}`, `학생 "${i}"\\`])];
  await writeFile(path, await writeXlsx({ sheets: [{ name: "s", rows: cells }] }));
  const rejectedPath = join(folder, `${name}-rejected.xlsx`);
  return { path, rejectedPath, afterPosition: 0, chunkRows: 100, plain: false };
}

/** Pids of processes whose command line names this path. */
async function processesOf(path: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return pids.filter((_, i) => lines[i]?.includes(path));
}

it("passes chunks on as array literals and ends with its process", { timeout: 60_000 }, async () => {
  const order = await orderFor("whole", 250);
  const messages: ReaderMessage[] = [];
  for await (const message of readStudentsApart(order, new AbortController().signal)) messages.push(message);
  const chunks = messages.filter((message) => message.type === "chunk");
  expect(chunks.map(({ rows, position }) => [rows, position])).toEqual([
    [100, 101],
    [100, 201],
    [50, 251],
  ]);
  const begins = String.raw`{"학생 \"0\"\\","학생 \"1\"\\",`;
  expect(chunks[0]?.columns[1]?.slice(0, begins.length)).toBe(begins);
  expect(messages.at(-1)).toMatchObject({ type: "done", rejected: 0, errors: [] });
  await eventually("the reader is gone", async () => (await processesOf(order.path)).length === 0);
});

it("dies with the worker that started it", { timeout: 60_000 }, async () => {
  const order = await orderFor("orphan", 20_000);
  const reader = new URL("../../src/jobs/excel-import/reader-process.ts", import.meta.url).href;
  const script =
    `const { readStudentsApart } = await import(${JSON.stringify(reader)});` +
    `const reading = readStudentsApart(${JSON.stringify(order)}, new AbortController().signal);` +
    `await reading.next(); console.log("reading"); setInterval(() => undefined, 1000);`;
  const tsx = createRequire(import.meta.url).resolve("tsx");
  const flags = ["--conditions=statusplane-source", "--import", tsx, "--input-type=module"];
  const worker = spawn(process.execPath, [...flags, "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(worker.stdout, "data");
  expect(await processesOf(order.path)).toHaveLength(2);
  worker.kill("SIGKILL");
  await eventually("nobody reads any more", async () => (await processesOf(order.path)).length === 0);
});
