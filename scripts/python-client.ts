/**
 * The Python client as it must be: its own text, with the guarded write's Lua source and digest where its marks are.
 * `npm run docs` writes it.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export const PYTHON_CLIENT = "clients/python/statusplane.py";
const WRITE_LUA = "packages/redis/src/status-store/lua/write.lua";
const BEGIN = "# --- generated from write.lua: do not edit, run `npm run docs` ---\n";
const END = "# --- end of what is generated ---\n";

/**
 * @param text the client's text; what stands between its marks is replaced.
 * @throws {Error} when a mark is missing, or the script cannot stand in a Python text.
 */
export function pythonClient(
  text = readFileSync(PYTHON_CLIENT, "utf8"),
  lua = readFileSync(WRITE_LUA, "utf8"),
): string {
  const [before, rest] = split(text, BEGIN);
  const [, after] = split(rest, END);
  if (lua.includes('"""') || lua.endsWith("\\")) throw new Error("write.lua cannot stand in a Python r-text");
  const digest = createHash("sha1").update(lua).digest("hex"); // what EVALSHA takes: no secret
  return `${before}${BEGIN}_WRITE_SHA = "${digest}"\n_WRITE_LUA = r"""${lua}"""\n${END}${after}`;
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at === -1) throw new Error(`${PYTHON_CLIENT} lacks its mark: ${mark.trim()}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
