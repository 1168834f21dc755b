/**
 * `npm run bench -- NAME` runs one bench (or several); each prints ratios against rivals measured in the same run.
 * Without a name it lists them.
 */
const BENCHES: Readonly<Record<string, () => Promise<{ run(): Promise<void> }>>> = {
  "progress-endpoint": () => import("./progress-endpoint.ts"),
  writes: () => import("./writes.ts"),
  polling: () => import("./polling.ts"),
  import: () => import("./import.ts"),
  video: () => import("./video.ts"),
  memory: () => import("./memory.ts"),
  cancel: () => import("./cancel.ts"),
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
if (names.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no bench ${unknown.join(", ")}.`);
  console.error(`npm run bench -- NAME   where NAME is one of: ${Object.keys(BENCHES).join(", ")}`);
  process.exit(2);
}
for (const name of names) {
  console.log(`\n## ${name}`);
  await (await BENCHES[name]?.())?.run();
}
process.exit(0);
