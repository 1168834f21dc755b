/**
 * `npm run torture -- --minutes 5 --seed S`: everything at once, for so long. An even seed lets Redis lose data, an odd one
 * does not. What was seen goes into `docs/reports/`; the exit code is 0 only without a violation.
 */
import { badCommandLine, readCommandLine } from "@statusplane/test-support";
import { REPORTED } from "../drills/index.ts";
import { writeReport } from "../report/write-report.ts";
import { runDrill } from "../run-drill.ts";
import { torture } from "./torture.ts";

const USAGE =
  "npm run torture -- [--minutes 5] [--seed 1] [--load 0.05]   (an even seed lets Redis lose data)";

const { values } = readCommandLine(USAGE, {
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    load: { type: "string", default: "0.05" },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
const load = Number(values.load);
if (!(minutes > 0) || !Number.isSafeInteger(seed) || !(load > 0 && load <= 1)) badCommandLine(USAGE);
const drill = torture({ seconds: minutes * 60, losesData: seed % 2 === 0 });
const found = await runDrill(drill, {
  volume: 1 / drill.fullVolume,
  seed: values.seed,
  load,
  again: true,
});
writeReport(REPORTED);
process.exit(found === 0 ? 0 : 1);
