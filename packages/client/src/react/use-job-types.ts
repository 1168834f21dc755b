"use client";

import type { JobTypeInfo } from "@statusplane/core/wire";
import { useEffect, useState } from "react";
import type { StatusplaneClient } from "../statusplane-client.ts";
import { useClient } from "./provider.tsx";

const NONE: readonly JobTypeInfo[] = [];
/** What a client was answered: whoever mounts later shows the right words at once. */
const known = new WeakMap<StatusplaneClient, readonly JobTypeInfo[]>();

/** The server's job types, asked once per client; none until they are known, or where the server does not say. */
export function useJobTypes(): readonly JobTypeInfo[] {
  const client = useClient();
  const [jobTypes, setJobTypes] = useState(() => known.get(client) ?? NONE);
  useEffect(() => {
    let isWanted = true;
    client.jobTypes().then(
      (answered) => {
        known.set(client, answered);
        if (isWanted) setJobTypes(answered);
      },
      () => undefined, // words alone depend on it, and whoever mounts next asks again
    );
    return () => {
      isWanted = false;
    };
  }, [client]);
  return jobTypes;
}
