/*
 * The process that opens uploaded workbooks: whatever a file does to its reader, it does it here, where there is no
 * secret in the environment, no connection, and a limit on memory. Started by reader-process.ts: one argument in, one
 * line of JSON per message out; see reader-messages.ts.
 */
import { once } from "node:events";
import { readStudents } from "./read-students.ts";
import type { ReaderOrder } from "./reader-messages.ts";

const exit = (): void => process.exit(1);
process.once("disconnect", exit); // the worker is gone: nobody reads on
const order = JSON.parse(process.argv[2] ?? "") as ReaderOrder; // written by reader-process.ts
for await (const message of readStudents(order)) {
  // Waits while the worker is busy, so that at most one chunk is ahead.
  if (!process.stdout.write(`${JSON.stringify(message)}\n`)) await once(process.stdout, "drain");
}
process.off("disconnect", exit);
process.disconnect?.();
