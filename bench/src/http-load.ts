import { findProgram } from "@statusplane/test-support";
import autocannon from "autocannon";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export interface HttpLoad {
  /** `http://127.0.0.1:port`. */
  readonly origin: string;
  /** Asked in turn. */
  readonly paths: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly seconds: number;
}

export interface HttpLoadResult {
  readonly requests: number;
  readonly perSecond: number;
}

/**
 * Keeps so many connections busy with GET. By wrk where it is installed, for it leaves the machine to the server; else
 * by autocannon in this process.
 * @throws {Error} when an answer is not 200.
 */
export function httpLoad(load: HttpLoad): Promise<HttpLoadResult> {
  const wrk = findProgram("wrk");
  return wrk === null ? loadByAutocannon(load) : loadByWrk(wrk, load);
}

async function loadByWrk(wrk: string, load: HttpLoad): Promise<HttpLoadResult> {
  const folder = await mkdtemp(join(tmpdir(), "statusplane-load-"));
  try {
    const script = join(folder, "paths.lua");
    await writeFile(script, luaScript(load));
    const args = ["-t1", `-c${load.connections}`, `-d${load.seconds}s`, "-s", script, load.origin];
    const { stdout } = await promisify(execFile)(wrk, args);
    if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`not every answer was 200:\n${stdout}`);
    const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
    const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
    return { requests, perSecond };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Requests are formatted once, so that the load generator does next to nothing. */
function luaScript({ paths, headers }: HttpLoad): string {
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}`);
  return `${lines.join("\n")}
local paths = { ${paths.map(lua).join(", ")} }
local requests, next = {}, 0
init = function() for i, path in ipairs(paths) do requests[i] = wrk.format("GET", path) end end
request = function() next = next % #requests + 1 return requests[next] end
`;
}

const lua = (text: string): string => JSON.stringify(text);

async function loadByAutocannon(load: HttpLoad): Promise<HttpLoadResult> {
  const result = await autocannon({
    url: load.origin,
    connections: load.connections,
    duration: load.seconds,
    headers: load.headers,
    requests: load.paths.map((path) => ({ method: "GET" as const, path })),
  });
  if (result.non2xx > 0 || result.errors > 0) throw new Error("not every answer was 200");
  return { requests: result["2xx"], perSecond: result.requests.average };
}
