import { readJobTypes, ROUTES, type JobTypeInfo } from "@statusplane/core/wire";
import { read } from "./requests.ts";
import type { Sender } from "./sender.ts";

const asked = new WeakMap<Sender, Promise<readonly JobTypeInfo[]>>();

/** The job types: asked once per client; after a failure the next call asks again. @throws {ClientError} */
export function jobTypesOf(sender: Sender): Promise<readonly JobTypeInfo[]> {
  let types = asked.get(sender);
  if (types === undefined) {
    types = read(sender, ROUTES.jobTypes, readJobTypes);
    asked.set(sender, types);
    types.catch(() => asked.delete(sender));
  }
  return types;
}
