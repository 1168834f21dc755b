import { readScript } from "../connections/read-script.ts";
import type { RedisClient } from "../connections/redis-connector.ts";

type Argument = string | number | Buffer;

/** The scripts of `views/lua/` as commands; their headers say what they take and answer. */
export interface ViewScripts {
  reportView(...keysAndArguments: Argument[]): Promise<unknown>;
  loadView(...keysAndArguments: Argument[]): Promise<unknown>;
  /** The number of keys comes first. */
  settleViews(...keysAndArguments: Argument[]): Promise<unknown>;
  putPolicies(...keysAndArguments: Argument[]): Promise<unknown>;
}

const SCRIPTS: Readonly<
  Record<keyof ViewScripts, { readonly file: string; readonly numberOfKeys?: number }>
> = {
  reportView: { file: "report.lua", numberOfKeys: 5 },
  loadView: { file: "load.lua", numberOfKeys: 4 },
  settleViews: { file: "settle.lua" },
  putPolicies: { file: "put-policies.lua", numberOfKeys: 1 },
};

/** Adds the scripts of views to a client. */
export function withViewScripts<C extends RedisClient>(client: C): C & ViewScripts {
  for (const [name, { file, ...keys }] of Object.entries(SCRIPTS)) {
    client.defineCommand(name, { ...keys, lua: readScript(`views/lua/${file}`) });
  }
  return client as C & ViewScripts; // defineCommand has just added exactly these
}
