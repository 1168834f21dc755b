/**
 * `npm run fuzz -- [--requests 500000] [--seed S]`: requests made from the server's own API document, from it with
 * something changed, and bytes that are none, to a real deployment on this machine. Prints the answers by route and
 * status; the exit code is 0 only where no answer was a fault of the server and every documented route accepted something.
 */
import { badCommandLine, readCommandLine } from "@statusplane/test-support";
import { seededRandom } from "../random.ts";
import { openTarget } from "./fuzz-target.ts";
import { fuzz } from "./fuzz.ts";

const USAGE = "npm run fuzz -- [--requests 500000] [--seed 1]";

const { values } = readCommandLine(USAGE, {
  options: {
    requests: { type: "string", default: "500000" },
    seed: { type: "string", default: "1" },
  },
});
const requests = Number(values.requests);
if (!Number.isSafeInteger(requests) || requests < 1)
  badCommandLine(USAGE, "--requests is a whole number from 1.");
const random = seededRandom(values.seed);
const target = await openTarget(random.fork("target"));
try {
  const { counts, faults, memory } = await fuzz(target, { requests, random, say: console.log });
  console.log(counts.lines().join("\n"));
  const mib = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;
  console.log(
    `\n${requests} requests, seed ${values.seed}: ${faults.size} kinds of faults; the server's memory ${mib(memory.early)} after a fifth, ${mib(memory.late)} at the end.`,
  );
  for (const [what, { count, first }] of faults)
    console.log(`- ${what}, ${count} times, first:\n    ${first}`);
  const missed = counts.neverAccepted();
  if (missed.length > 0) console.log(`Never accepted: ${missed.join(", ")}`);
  process.exitCode = faults.size === 0 && missed.length === 0 ? 0 : 1;
} finally {
  await target.close();
}
