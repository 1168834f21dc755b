/**
 * The slow clients, in a process of their own, forked by slow-clients.ts: so many connections to 127.0.0.1, of every
 * kind in turn, each opened again when it was ended. Asked to stop it tells how often each kind was ended, and with what.
 */
import { connect, type Socket } from "node:net";

const [port = "0", token = "", clients = "0"] = process.argv.slice(2);
const AGAIN_AFTER_MS = 1_000;
const DRIBBLE_EVERY_MS = 1_000;

const head = (start: string, ...lines: string[]): string =>
  [`${start} HTTP/1.1`, "Host: x", ...lines, "", ""].join("\r\n");
const signedIn = `Authorization: Bearer ${token}`;
const json = ["Content-Type: application/json", "Content-Length: 60000"];
const form = ["Content-Type: multipart/form-data; boundary=XX", "Content-Length: 1000000000"];
const part =
  '--XX\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n\0\0\0\x20ftypisom';

interface Kind {
  /** What is said at once. */
  readonly says: string;
  /** What is said every second from then on. */
  readonly dribbles?: string;
  /** Reads nothing of what it is answered. */
  readonly reads?: false;
}

const KINDS: Readonly<Record<string, Kind>> = {
  silence: { says: "" },
  "slow head": { says: "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", dribbles: "x" },
  "no HTTP": { says: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", dribbles: "\0" },
  "unknown address, slow body": { says: head("POST /nothing/", ...json), dribbles: " " },
  "wrong method, slow body": { says: head("PUT /healthz", ...json), dribbles: " " },
  "401, slow body": { says: head("POST /api/v1/jobs/", ...json), dribbles: " " },
  "slow JSON": { says: head("POST /api/v1/jobs/", signedIn, ...json), dribbles: " " },
  "form that stops": { says: head("POST /media/videos/", signedIn, ...form) + part },
  "slow form": { says: head("POST /media/videos/", signedIn, ...form) + part, dribbles: "x".repeat(1_000) },
  "form without a part": { says: head("POST /media/videos/", signedIn, ...form), dribbles: "x" },
  "refused form": { says: head("POST /api/v1/jobs/", signedIn, ...form) + part, dribbles: "x".repeat(1_000) },
  "reads nothing": { says: head("GET /openapi.json").repeat(20), reads: false },
};

export type SlowCounts = Record<string, { ended: number; answers: string }>;

const ends = new Map(
  Object.keys(KINDS).map((kind) => [kind, { ended: 0, statuses: new Map<string, number>() }]),
);

function open(name: string, kind: Kind): void {
  const socket = connect(Number(port), "127.0.0.1");
  let heard = "";
  let timer: NodeJS.Timeout | undefined;
  socket.on("connect", () => {
    socket.write(kind.says, "latin1");
    if (kind.dribbles !== undefined) timer = setInterval(() => dribble(socket, kind), DRIBBLE_EVERY_MS);
  });
  if (kind.reads === false) socket.pause();
  else socket.on("data", (bytes) => (heard += heard.length < 12 ? bytes.toString("latin1", 0, 12) : ""));
  socket.on("error", () => undefined); // its close follows
  socket.on("close", () => {
    clearInterval(timer);
    const counts = ends.get(name);
    if (counts === undefined) return;
    const status = heard.slice(9, 12);
    counts.ended += 1;
    if (status !== "") counts.statuses.set(status, (counts.statuses.get(status) ?? 0) + 1);
    setTimeout(() => open(name, kind), AGAIN_AFTER_MS);
  });
}

function dribble(socket: Socket, { dribbles = "" }: Kind): void {
  if (socket.writable) socket.write(dribbles, "latin1");
}

const kinds = Object.entries(KINDS);
for (let n = 0; n < Number(clients); n++) {
  const [name, kind] = kinds[n % kinds.length] ?? ["silence", { says: "" }];
  open(name, kind);
}

process.on("message", () => {
  const counts: SlowCounts = {};
  for (const [kind, { ended, statuses }] of ends) {
    counts[kind] = { ended, answers: [...statuses].map(([status, n]) => `${status} × ${n}`).join(", ") };
  }
  process.send?.(counts, () => process.exit(0));
});
process.on("disconnect", () => process.exit(0));
