import { readFileSync } from "node:fs";

/** The package ships its Lua as it stands in `src/`; the path holds from there and from `dist/`. */
const SOURCE = new URL("../../src/", import.meta.url);

/** The text of a script. @param path below `src/`, e.g. `status-store/lua/write.lua`. */
export function readScript(path: string): string {
  return readFileSync(new URL(path, SOURCE), "utf8");
}
