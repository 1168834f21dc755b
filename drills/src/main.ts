/**
 * `npm run drills -- --only T1,T7 --volume 0.1 --seed S`: breaks the product on purpose, on this machine, and checks what
 * everybody saw. Without `--only` it lists the drills. What is done is in `docs/reports/`; a second call with the same seed
 * goes on where the first one ended.
 */
import { badCommandLine, readCommandLine } from "@statusplane/test-support";
import { DRILLS, REPORTED } from "./drills/index.ts";
import { writeReport } from "./report/write-report.ts";
import { runDrill } from "./run-drill.ts";

const USAGE = [
  "npm run drills -- --only T1,T7 [--volume 0.1] [--seed 1] [--load 0.1] [--again]",
  ...DRILLS.map(({ id, title, fullVolume }) => `  ${id.padEnd(4)} ${title} (full volume ${fullVolume})`),
].join("\n");

const { values } = readCommandLine(USAGE, {
  options: {
    only: { type: "string" },
    volume: { type: "string", default: "0.1" },
    seed: { type: "string", default: "1" },
    load: { type: "string", default: "0.1" },
    again: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
  },
});

if (values.report) {
  writeReport(REPORTED);
  process.exit(0);
}
const names = (values.only ?? "").split(",").filter((name) => name !== "");
const unknown = names.filter((name) => !DRILLS.some(({ id }) => id === name));
const volume = Number(values.volume);
const load = Number(values.load);
if (names.length === 0 || unknown.length > 0 || !(volume > 0) || !(load > 0 && load <= 1)) {
  badCommandLine(USAGE, ...(unknown.length > 0 ? [`There is no drill ${unknown.join(", ")}.`] : []));
}
let found = 0;
for (const drill of DRILLS.filter(({ id }) => names.includes(id))) {
  found += await runDrill(drill, { volume, seed: values.seed, load, again: values.again });
  writeReport(REPORTED);
}
process.exit(found === 0 ? 0 : 1);
