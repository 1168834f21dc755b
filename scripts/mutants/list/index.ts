/** Every mutant, by the part of the product whose guard it takes away. */
import type { Area } from "../mutant.ts";
import { CLIENT_STREAMS } from "./client-streams.ts";
import { MESSAGES } from "./messages.ts";
import { OUTBOX } from "./outbox.ts";
import { READING } from "./reading.ts";
import { RECONCILER } from "./reconciler.ts";
import { RECORDS } from "./records.ts";
import { STATUS_STORE } from "./status-store.ts";
import { TENANTS } from "./tenants.ts";
import { VIEWS } from "./views.ts";
import { WORKER } from "./worker.ts";

export const AREAS: readonly Area[] = [
  STATUS_STORE,
  RECORDS,
  TENANTS,
  OUTBOX,
  WORKER,
  RECONCILER,
  READING,
  CLIENT_STREAMS,
  MESSAGES,
  VIEWS,
];
