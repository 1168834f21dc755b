/**
 * The Python client as it must be: its own text, with the Lua sources that it calls and their digests where its marks are.
 * `npm run docs` writes it.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export const PYTHON_CLIENT = "clients/python/statusplane.py";
const LUA_FOLDER = "packages/redis/src/status-store/lua/";
/** What the scripts are called in Python → where they are. */
const SCRIPTS = { WRITE: "write.lua", LIST_LIVE: "list-live.lua", LIST_ENDED: "list-ended.lua" } as const;
const BEGIN = "# --- generated from the scripts in Lua: do not edit, run `npm run docs` ---\n";
const END = "# --- end of what is generated ---\n";

/**
 * @param text the client's text; what stands between its marks is replaced.
 * @param read a script's source, by its file's name.
 * @throws {Error} when a mark is missing, or a script cannot stand in a Python text.
 */
export function pythonClient(
  text = readFileSync(PYTHON_CLIENT, "utf8"),
  read: (file: string) => string = (file) => readFileSync(LUA_FOLDER + file, "utf8"),
): string {
  const [before, rest] = split(text, BEGIN);
  const [, after] = split(rest, END);
  const scripts = Object.entries(SCRIPTS).map(([name, file]) => inPython(name, file, read(file)));
  return `${before}${BEGIN}${scripts.join("")}${END}${after}`;
}

function inPython(name: string, file: string, lua: string): string {
  if (lua.includes('"""') || lua.endsWith("\\")) throw new Error(`${file} cannot stand in a Python r-text`);
  const digest = createHash("sha1").update(lua).digest("hex"); // what EVALSHA takes: no secret
  return `_${name} = _Script("${digest}", r"""${lua}""")\n`;
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at === -1) throw new Error(`${PYTHON_CLIENT} lacks its mark: ${mark.trim()}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
