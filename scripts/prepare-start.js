/**
 * What `npm start` does before the program: says what is missing, builds, and says so. Plain JavaScript without an
 * import of anything that `npm ci` brings, so that its first words come at once, and come at all in a fresh clone.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const EXIT_BAD_INPUT = 2;
const root = fileURLToPath(new URL("../", import.meta.url));

/** @param {string} line */
const say = (line) => void process.stderr.write(`${line}\n`);

if (!existsSync(`${root}node_modules/typescript`)) {
  say("The packages are not installed yet: run `npm ci` first.");
  process.exit(EXIT_BAD_INPUT);
}
say("Building Statusplane; this takes some seconds …");
const began = performance.now();
const npm = process.env["npm_execpath"];
const [program, ...before] = npm === undefined ? ["npm"] : [process.execPath, npm];
const { status } = spawnSync(program, [...before, "run", "build", "--silent"], {
  cwd: root,
  stdio: ["ignore", "inherit", "inherit"],
});
if (status !== 0) {
  say("The build failed; nothing was started.");
  process.exit(1);
}
say(`Built in ${((performance.now() - began) / 1_000).toFixed(1)} s; starting …`);
