/**
 * `npm run torture -- --minutes 5 --seed S`: everything at once, for so long. An even seed lets Redis lose data, an odd one
 * does not. What was seen goes into `docs/reports/`; the exit code is 0 only without a violation.
 */
import { parseArgs } from "node:util";
import { REPORTED } from "../drills/index.ts";
import { writeReport } from "../report/write-report.ts";
import { runDrill } from "../run-drill.ts";
import { torture } from "./torture.ts";

const EXIT_BAD_INPUT = 2;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    load: { type: "string", default: "0.05" },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error("npm run torture -- --minutes 5 --seed 1   (an even seed lets Redis lose data)");
  process.exit(EXIT_BAD_INPUT);
}
const drill = torture({ seconds: minutes * 60, losesData: seed % 2 === 0 });
const found = await runDrill(drill, {
  volume: 1 / drill.fullVolume,
  seed: values.seed,
  load: Number(values.load),
  again: true,
});
writeReport(REPORTED);
process.exit(found === 0 ? 0 : 1);
