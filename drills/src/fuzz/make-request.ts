import { ROUTES } from "@statusplane/core/wire";
import type { Random } from "../random.ts";
import { routeName, type DocumentedParameter, type DocumentedRoute } from "./documented-route.ts";
import { brokenForm, flipped, formBody, type FormPart } from "./form-body.ts";
import { hostileHeader, hostileJson, hostileText } from "./hostile-values.ts";
import { studentNumber, STUDENTS, type KnownWorld } from "./known-world.ts";
import { valueOf } from "./schema-values.ts";

/** Whether everything about a request is as documented, one thing is changed, or nothing is meant. */
export type Meaning = "documented" | "changed" | "garbage";

export interface FuzzRequest {
  readonly route: string;
  readonly meaning: Meaning;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

interface Draft {
  method: string;
  path: string;
  readonly query: [name: string, value: string][];
  readonly headers: Record<string, string>;
  body: Buffer | null;
}

/** What asks for a WebSocket. */
const HANDSHAKE = {
  connection: "upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** The next request for this route. */
export function makeRequest(route: DocumentedRoute, world: KnownWorld, random: Random): FuzzRequest {
  const share = random.next();
  const meaning: Meaning = share < 0.3 ? "documented" : share < 0.9 ? "changed" : "garbage";
  const draft = documented(route, world, random);
  const changes = { documented: 0, changed: 1, garbage: random.between(3, 6) }[meaning];
  for (let i = 0; i < changes; i++) random.pick(CHANGES)(draft, route, world, random);
  const query = draft.query.map(([name, value]) => `${percent(name)}=${percent(value)}`).join("&");
  return {
    route: routeName(route),
    meaning,
    method: draft.method,
    path: query === "" ? draft.path : `${draft.path}?${query}`,
    headers: draft.headers,
    body: draft.body,
  };
}

function documented(route: DocumentedRoute, world: KnownWorld, random: Random): Draft {
  const draft: Draft = {
    method: route.method,
    path: route.path.replace(/\{(\w+)\}/g, (_, name: string) =>
      percent(pathValue(name, route, world, random)),
    ),
    query: [],
    headers: { authorization: `Bearer ${world.token}` },
    body: null,
  };
  if (random.chance(0.5)) draft.path = draft.path.replace(/\/$/, ""); // the same address
  for (const parameter of route.parameters) addParameter(draft, parameter, { route, world, random });
  if (route.path === ROUTES.socket) Object.assign(draft.headers, HANDSHAKE);
  const bodies = [...route.bodies.keys()];
  if (bodies.length > 0) putBody(draft, random.pick(bodies), { route, world, random });
  return draft;
}

interface Making {
  readonly route: DocumentedRoute;
  readonly world: KnownWorld;
  readonly random: Random;
}

function pathValue(name: string, route: DocumentedRoute, world: KnownWorld, random: Random): string {
  if (name === "signature") return world.playing?.signature ?? "x";
  if (name === "file") return world.playing?.file ?? "master.m3u8";
  if (name === "page") return random.chance(0.7) ? "1" : hostileText(random);
  if (route.path.includes("/pages/") && world.document !== null && random.chance(0.7)) return world.document;
  if (name === "no")
    return random.chance(0.7) ? studentNumber(random.between(1, STUDENTS)) : hostileText(random);
  if (name === "name") return random.chance(0.7) ? "rejected.xlsx" : hostileText(random);
  const kind = route.path.startsWith("/media") ? "video" : "job";
  if (route.method === "DELETE") return world.removableId(kind, random);
  return route.path.endsWith("/retry/") ? world.retryableId(kind, random) : world.id(kind, random);
}

function addParameter(draft: Draft, parameter: DocumentedParameter, { world, random }: Making): void {
  if (parameter.in === "path" || !(parameter.required || random.chance(0.4))) return;
  const text = (name: string): string => textFor(name, world, random);
  const value = String(valueOf(parameter.schema, random, text, parameter.name));
  if (parameter.in === "query") draft.query.push([parameter.name, value]);
  else draft.headers[parameter.name] = value;
}

/** What a person would write where the document says only "text". */
function textFor(name: string, world: KnownWorld, random: Random): string {
  switch (name) {
    case "job_type":
      return "excel_import";
    case "tenant":
      return random.pick(["1", "2"]);
    case "videos":
      return world.id("video", random);
    case "jobs":
      return world.id("job", random);
    case "cursor":
      return "";
    case "idempotency-key":
      return `key-${random.between(0, 10_000)}`;
    default:
      return "명단 text";
  }
}

/** By address: bodies whose members ask for each other, which a schema does not say. */
const FITTING: Readonly<Record<string, (world: KnownWorld) => unknown>> = {
  "/api/v1/messages/preview": () => ({
    ...{ subject: "공지", text: "{이름} 학생" },
    recipients: { list: [{ address: "a@example.com", name: "홍길동" }] },
  }),
  "/api/v1/messages/blocked": () => ({ address: "b@example.com" }),
  "/api/v1/messages/blocked/remove": () => ({ address: "b@example.com" }),
  "/api/v1/views": (world) => ({
    reports: [{ video: world.endedId("video"), player: "p1", ranges: [[0, 1]], position: 1 }],
  }),
};

function putBody(draft: Draft, type: string, { route, world, random }: Making): void {
  if (type === "multipart/form-data") {
    const form = formBody(partsOf(route, world, random));
    draft.body = form.bytes;
    draft.headers["content-type"] = form.contentType;
    return;
  }
  const fitting = FITTING[route.path.replace(/\/$/, "")];
  const value =
    fitting !== undefined && random.chance(0.5)
      ? fitting(world)
      : valueOf(route.bodies.get(type) ?? {}, random, (name) => textFor(name, world, random));
  draft.body = Buffer.from(JSON.stringify(value));
  draft.headers["content-type"] = type;
}

function partsOf(route: DocumentedRoute, { files }: KnownWorld, random: Random): readonly FormPart[] {
  const isVideo = route.path.startsWith("/media");
  const field = (name: string, text: string): FormPart => ({
    name,
    content: Buffer.from(text),
    fileName: null,
  });
  const file: FormPart = {
    name: "file",
    content: isVideo ? files.video : files.workbook,
    fileName: isVideo ? "강의.mp4" : "명단.xlsx",
  };
  const fields = isVideo ? [field("title", "강의")] : [field("job_type", "excel_import")];
  return random.chance(0.5) ? [...fields, file] : [file, ...fields];
}

/** The form as it should be, but for what its fields say and its file is called. */
function hostileParts(parts: readonly FormPart[], random: Random): readonly FormPart[] {
  const say = (name: string, content: string): FormPart => ({
    name,
    content: Buffer.from(content),
    fileName: null,
  });
  const payload = JSON.stringify(random.chance(0.5) ? { note: hostileText(random) } : hostileJson(random));
  return [
    ...parts.map((part) =>
      part.fileName === null ? part : { ...part, fileName: quoted(hostileText(random)) },
    ),
    ...(random.chance(0.5) ? [say("title", hostileText(random))] : []),
    ...(random.chance(0.5) ? [say("payload", payload ?? "")] : []),
  ];
}

/** As browsers write a name into a form's head. */
function quoted(name: string): string {
  return name.replace(/"/g, "%22").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}

type Change = (draft: Draft, route: DocumentedRoute, world: KnownWorld, random: Random) => void;

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];
const HEADERS = [
  "accept",
  "accept-encoding",
  "accept-language",
  "content-encoding",
  "content-type",
  "cookie",
  "forwarded",
  "idempotency-key",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-range",
  "origin",
  "prefer",
  "range",
  "x-forwarded-for",
  "x-http-method-override",
  "x-tenant-id",
];

const CHANGES: readonly Change[] = [
  (draft, route, _world, random) => {
    draft.path = route.path.replace(/\{\w+\}/g, () => percentNow(hostileText(random), random));
  },
  (draft, route, _world, random) => {
    const named = route.parameters.filter((each) => each.in === "query").map(({ name }) => name);
    const name = named.length > 0 && random.chance(0.8) ? random.pick(named) : hostileText(random);
    const count = random.pick([1, 1, 1, 2, 150]);
    for (let i = 0; i < count; i++) draft.query.push([name, hostileText(random)]);
  },
  (draft, _route, _world, random) => {
    draft.headers[random.pick(HEADERS)] = hostileHeader(random);
  },
  (draft, _route, world, random) => {
    draft.headers["authorization"] = random.pick([
      ...world.tokens.map((token) => `Bearer ${token}`),
      `bearer   ${world.token} `,
      `Bearer ${flipped(Buffer.from(world.token), random)
        .toString("latin1")
        .replace(/[^\x20-\x7e]/g, "A")}`,
      hostileHeader(random),
      "",
    ]);
  },
  (draft, _route, world, random) => {
    draft.method = random.pick(METHODS);
    if (draft.method === "DELETE" && world.isNeeded(draft.path)) draft.method = "PATCH";
  },
  (draft, route, _world, random) => {
    const value = jsonBody(route, random);
    draft.body = Buffer.from(value);
    draft.headers["content-type"] = random.pick([
      "application/json",
      "application/json; charset=utf-8",
      "text/plain",
    ]);
  },
  (draft, route, world, random) => {
    const parts = partsOf(route, world, random);
    const form = random.chance(0.5) ? brokenForm(parts, random) : formBody(hostileParts(parts, random));
    draft.body = form.bytes;
    draft.headers["content-type"] = form.contentType;
  },
  (draft, _route, _world, random) => {
    if (draft.body !== null) draft.body = flipped(draft.body, random);
    else draft.path += random.pick(["/", "//", "/.", "/..", "/%2e%2e/", ";x", "?", "#", "/x"]);
  },
];

/** JSON with hostile members where the document has members, or hostile altogether, or none at all. */
function jsonBody(route: DocumentedRoute, random: Random): string {
  const members = [...route.bodies.values()].flatMap(({ properties }) => Object.keys(properties ?? {}));
  const kind = random.next();
  if (kind < 0.15) return hostileText(random);
  if (kind < 0.3 || members.length === 0) return JSON.stringify(hostileJson(random)) ?? "";
  const entries = members.map((name): [string, unknown] => [
    name,
    name === "job_type" && random.chance(0.7) ? "excel_import" : hostileJson(random),
  ]);
  if (random.chance(0.2)) entries.push([hostileText(random), hostileJson(random)]);
  return JSON.stringify(Object.fromEntries(entries));
}

/** Lone surrogates have no percent encoding: they go out as the bytes that are wrong UTF-8. */
function percent(text: string): string {
  return text
    .split(/(\p{Cs})/u)
    .map((each) => (/^\p{Cs}$/u.test(each) ? "%ED%A0%80" : encodeURIComponent(each)))
    .join("");
}

/** Mostly encoded as it should be; sometimes only what a client refuses to send is. */
function percentNow(text: string, random: Random): string {
  return random.chance(0.8) ? percent(text) : text.replace(/[^\x21-\x7e]/g, percent);
}
