import { readScript } from "../connections/read-script.ts";
import type { RedisClient } from "../connections/redis-connector.ts";

type Argument = string | number;

/** The scripts of `lua/` as commands; their headers say what they take and answer. */
export interface ScriptCommands {
  writeSnapshot(...keysAndArguments: Argument[]): Promise<unknown>;
  requestCancel(...keysAndArguments: Argument[]): Promise<unknown>;
  removeSnapshot(...keysAndArguments: Argument[]): Promise<unknown>;
  restoreResult(...keysAndArguments: Argument[]): Promise<unknown>;
  listLive(...keysAndArguments: Argument[]): Promise<unknown>;
  listEnded(...keysAndArguments: Argument[]): Promise<unknown>;
  unlist(...keysAndArguments: Argument[]): Promise<unknown>;
  dropActive(...keysAndArguments: Argument[]): Promise<unknown>;
  writeSentinel(...keysAndArguments: Argument[]): Promise<unknown>;
}

const SCRIPTS: Readonly<
  Record<keyof ScriptCommands, { readonly file: string; readonly numberOfKeys: number }>
> = {
  writeSnapshot: { file: "write.lua", numberOfKeys: 3 },
  requestCancel: { file: "request-cancel.lua", numberOfKeys: 2 },
  removeSnapshot: { file: "remove.lua", numberOfKeys: 3 },
  restoreResult: { file: "restore-result.lua", numberOfKeys: 2 },
  listLive: { file: "list-live.lua", numberOfKeys: 2 },
  listEnded: { file: "list-ended.lua", numberOfKeys: 2 },
  unlist: { file: "unlist.lua", numberOfKeys: 2 },
  dropActive: { file: "drop-active.lua", numberOfKeys: 1 },
  writeSentinel: { file: "write-sentinel.lua", numberOfKeys: 1 },
};

/** Adds the scripts to a client: EVAL at a connection's first use, EVALSHA after that, EVAL again after a flush. */
export function withScripts<C extends RedisClient>(client: C): C & ScriptCommands {
  for (const [name, { file, numberOfKeys }] of Object.entries(SCRIPTS)) {
    client.defineCommand(name, { numberOfKeys, lua: readScript(`status-store/lua/${file}`) });
  }
  return client as C & ScriptCommands; // defineCommand has just added exactly these
}
