/*
 * The process that opens uploaded documents: whatever a file does to its reader, it does it here, where there is no
 * secret in the environment, no connection, and limits on memory and time. Started by reader-process.ts: one argument
 * in, one line of JSON per message out; see reader-messages.ts.
 */
import { writeSync } from "node:fs";
import sharp from "sharp";
import type { ReadOrder } from "../reader-messages.ts";
import { readPages } from "./read-pages.ts";

sharp.cache(false);
sharp.concurrency(1);
const order = JSON.parse(process.argv[2] ?? "") as ReadOrder; // written by reader-process.ts
// At once: an engine that reads for seconds lets nothing else run.
await readPages(order, (message) => writeAll(`${JSON.stringify(message)}\n`));
process.exit(0);

function writeAll(text: string): void {
  let bytes = Buffer.from(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error; // the pipe is full: again
    }
  }
}
