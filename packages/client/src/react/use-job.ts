"use client";

import { useCallback, useMemo } from "react";
import type { ConnectionStatus } from "../statusplane-client.ts";
import { isEnded, type WatchedJob, type WatchedStep, type WatchRef } from "../watched-job.ts";
import { useClient } from "./provider.tsx";
import { useConnectionStatus } from "./use-connection-status.ts";
import { useJobs } from "./use-jobs.ts";

/** Why a job will bring no result. */
export interface JobFailure {
  /** As the job type or the server names it; `gone`: there is no such job. */
  readonly code: string;
  /** A sentence for people; null where there is none. */
  readonly message: string | null;
}

/** What {@link useJob} answers. */
export interface JobView {
  /** Everything that is known of the job; undefined where none is watched. */
  readonly snapshot: WatchedJob | undefined;
  readonly status: WatchedJob["status"];
  /** 1–99 while PROCESSING, 100 at success, else null. */
  readonly percent: number | null;
  readonly step: WatchedStep | undefined;
  /** Whole seconds; undefined while unknown. */
  readonly remainingSeconds: number | undefined;
  /** The job waits for its turn. */
  readonly isPending: boolean;
  /** Nothing more is expected of the job. */
  readonly isTerminal: boolean;
  /** PROCESSING, but no sign of life for more than 45 s. */
  readonly isStalled: boolean;
  readonly connectionStatus: ConnectionStatus;
  /** Of a job that has failed or that does not exist; else null. */
  readonly error: JobFailure | null;
  /** Asks for the job's end. Does nothing where no job is watched. @throws {ClientError} as the client's `cancel` */
  readonly cancel: () => Promise<void>;
  /** Asks for a new attempt. Does nothing where no job is watched. @throws {ClientError} as the client's `retry` */
  readonly retry: () => Promise<void>;
}

const NONE: readonly WatchRef[] = [];

/**
 * The job as it is shown now; watched while mounted. Null watches nothing.
 *
 * @example
 * const { status, percent, step, error, cancel } = useJob({ kind: "video", id: "42" });
 * show(error?.message ?? `${status} ${percent ?? ""} ${step?.name ?? ""}`);
 * const button = <button onClick={() => void cancel()}>Cancel</button>;
 */
export function useJob(ref: WatchRef | null): JobView {
  const client = useClient();
  const connectionStatus = useConnectionStatus();
  const [snapshot] = useJobs(ref === null ? NONE : [ref]);
  const { kind, id } = ref ?? {};
  const cancel = useCallback(async () => {
    if (kind !== undefined && id !== undefined) await client.cancel({ kind, id });
  }, [client, kind, id]);
  const retry = useCallback(async () => {
    if (kind !== undefined && id !== undefined) await client.retry({ kind, id });
  }, [client, kind, id]);
  return useMemo(
    () => ({ ...viewOf(snapshot), connectionStatus, cancel, retry }),
    [snapshot, connectionStatus, cancel, retry],
  );
}

function viewOf(snapshot: WatchedJob | undefined): Omit<JobView, "connectionStatus" | "cancel" | "retry"> {
  const { status = "UNKNOWN", percent = null, step, remainingSeconds, isStalled = false } = snapshot ?? {};
  return {
    ...{ snapshot, status, percent, step, remainingSeconds, isStalled },
    isPending: status === "PENDING",
    isTerminal: snapshot !== undefined && isEnded(snapshot),
    error: failureOf(snapshot),
  };
}

function failureOf(snapshot: WatchedJob | undefined): JobFailure | null {
  if (snapshot?.gone === true) return { code: "gone", message: null };
  if (snapshot?.status !== "FAILED") return null;
  return { code: snapshot.errorCode ?? "unknown", message: snapshot.errorMessage };
}
