import type { StepWords, Words } from "../job-type.ts";
import { isKind, type Kind } from "../terms.ts";
import type {
  DemoBody,
  DemoSignedInBody,
  DemoViewerBody,
  JobTypeBody,
  JobTypeErrorBody,
  PageBody,
} from "./bodies.ts";
import { readBatchPart, readId, readPlayUrls, type PlayUrls } from "./first-wire.ts";
import { asMembers, isMembers, readEach, textOrNull, wholeOrNull, type Members } from "./members.ts";
import type { NamedJob } from "./watch-routes.ts";

/* What a receiver makes of the other answers: checked, null for what is no such answer. */

/** A page of items. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Null: this was the last one. */
  readonly nextCursor: string | null;
}

/** A page, without the items of which `readItem` makes null; null for what is no page. */
export function readPage<Item>(body: unknown, readItem: (item: unknown) => Item | null): Page<Item> | null {
  const members = asMembers(body);
  const of = (name: keyof PageBody<Item>): unknown => members[name];
  if (!Array.isArray(of("items"))) return null;
  return { items: readEach(of("items"), readItem), nextCursor: textOrNull(of("next_cursor")) };
}

/** A batch of snapshots; what it tells of the tenant's lists, `readLiveList` reads. */
export interface ReceivedBatch {
  /** A snapshot's body; undefined for what the batch does not know. */
  readonly bodyOf: (job: NamedJob) => unknown;
  /** Every job that the batch has a snapshot of. */
  readonly jobs: readonly NamedJob[];
}

/** A batch; null for what is none. */
export function readBatch(body: unknown): ReceivedBatch | null {
  const parts = { video: readBatchPart("video", body), job: readBatchPart("job", body) };
  if (parts.video === null || parts.job === null) return null;
  const jobsOf = (kind: Kind): NamedJob[] => Object.keys(parts[kind] ?? {}).map((id) => ({ kind, id }));
  return {
    // hasOwn: `constructor` is a valid id.
    bodyOf: ({ kind, id }) => (Object.hasOwn(parts[kind] ?? {}, id) ? parts[kind]?.[id] : undefined),
    jobs: [...jobsOf("video"), ...jobsOf("job")],
  };
}

/** What a submit was answered. */
export interface SubmittedJob {
  readonly ref: NamedJob;
  readonly progressUrl: string | null;
  readonly detailUrl: string | null;
  /** Reads this job's progress, nothing else. */
  readonly watchToken: string | null;
}

/** The answer of a submit; null where it names no job. */
export function readSubmitted(kind: Kind, body: unknown): SubmittedJob | null {
  const members = asMembers(body);
  const id = readId(kind, members);
  if (id === null) return null;
  return {
    ref: { kind, id },
    progressUrl: textOrNull(members["progress_url"]),
    detailUrl: textOrNull(members["detail_url"]),
    watchToken: textOrNull(members["watch_token"]),
  };
}

/** Where a video plays, signed. */
export interface Playback extends PlayUrls {
  /** ISO 8601: ask again before. */
  readonly expiresAt: string;
  /** Signs reports of views where no header does. Null or missing: there is none. */
  readonly viewGrant?: string | null;
}

/** Where a video plays; null for what does not say. */
export function readPlayback(body: unknown): Playback | null {
  const members = asMembers(body);
  const [urls, expiresAt] = [readPlayUrls(members), textOrNull(members["expires_at"])];
  if (urls === null || expiresAt === null) return null;
  return { ...urls, expiresAt, viewGrant: textOrNull(members["view_grant"]) };
}

/** A job type's own end. */
export type JobTypeError = JobTypeErrorBody;

/** A job type, as the server knows it. */
export interface JobTypeInfo {
  readonly jobType: string;
  readonly kind: Kind;
  /** What people call it. */
  readonly label: Words;
  /** In order. */
  readonly steps: readonly StepWords[];
  readonly maxTries: number;
  readonly errors: readonly JobTypeError[];
}

/** The job types; null for what names none. */
export function readJobTypes(body: unknown): readonly JobTypeInfo[] | null {
  const types = asMembers(body)["job_types"];
  return Array.isArray(types) ? readEach(types, readJobType) : null;
}

function readJobType(value: unknown): JobTypeInfo | null {
  const members = asMembers(value);
  const of = (name: keyof JobTypeBody): unknown => members[name];
  const kind = of("kind");
  const [jobType, maxTries] = [textOrNull(of("job_type")), wholeOrNull(of("max_tries"))];
  if (jobType === null || maxTries === null || !isKind(kind)) return null;
  return {
    ...{ jobType, kind, maxTries },
    label: readWords(of("label"), jobType),
    steps: readEach(of("steps"), readStepWords),
    errors: readEach(of("errors"), readJobTypeError),
  };
}

function readStepWords(value: unknown): StepWords | null {
  const { key: name, label } = asMembers(value);
  const key = textOrNull(name);
  return key === null ? null : { key, label: readWords(label, key) };
}

/** In a language without words, the machine's name. */
function readWords(value: unknown, otherwise: string): Words {
  const { ko, en } = asMembers(value);
  return { ko: textOrNull(ko) ?? otherwise, en: textOrNull(en) ?? otherwise };
}

function readJobTypeError(value: unknown): JobTypeError | null {
  const members = asMembers(value);
  const code = textOrNull(members["code"]);
  if (code === null) return null;
  return { code, retryable: members["retryable"] === true, ...readWords(members, code) };
}

/** Tenants to look around in. */
export function readDemo(body: unknown): DemoBody["tenants"] {
  return readEach(asMembers(body)["tenants"], (each) => {
    const members = asMembers(each);
    const [tenant, name] = textsOf(members, "tenant", "name");
    if (tenant === undefined || name === undefined) return null;
    return { tenant, name, viewers: readEach(members["viewers"], readDemoViewer) };
  });
}

function readDemoViewer(value: unknown): DemoViewerBody | null {
  const [viewer, name] = textsOf(asMembers(value), "viewer", "name");
  return viewer === undefined || name === undefined ? null : { viewer, name };
}

/** A sign-in to one of them; null without a token. */
export function readDemoSignedIn(body: unknown): DemoSignedInBody | null {
  if (!isMembers(body)) return null;
  const [tenant, name, token, expiresAt] = textsOf(body, "tenant", "name", "token", "expires_at");
  if (tenant === undefined || name === undefined || token === undefined || expiresAt === undefined)
    return null;
  return { tenant, name, token, expires_at: expiresAt };
}

const textsOf = (members: Members, ...names: readonly string[]): readonly (string | undefined)[] =>
  names.map((name) => textOrNull(members[name]) ?? undefined);
