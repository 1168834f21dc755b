import { jobRef, type Snapshot } from "@statusplane/core";
import { eventually, findProgram, freePort } from "@statusplane/test-support";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signedToken } from "../fakes/index.ts";
import { openWatching, pending, running, write, type Watching } from "./open-watching.ts";
import { CLIENTS } from "./stream-clients.ts";

const GUIDE = join(import.meta.dirname, "../../../../docs/guides/streams.md");
const VIDEO = jobRef("7", "video", "42");

/** The guide's lines in a configuration whose other settings are nginx' own, gzip on. */
function configuration(port: number, backend: number): string {
  const shown = /```nginx\n([^]*?)```/.exec(readFileSync(GUIDE, "utf8"))?.[1] ?? "";
  const [ofHttp = "", ofServer = ""] = shown.split("# in server { … }");
  const user = process.getuid?.() === 0 ? "user root;" : "";
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${name};`,
  );
  return `${user} pid nginx.pid; error_log stderr; events {}
    http { access_log off; ${temporary.join(" ")}
      gzip on; gzip_proxied any; gzip_min_length 1; gzip_types *;
      ${ofHttp}
      server { listen 127.0.0.1:${port}; ${ofServer.replace("127.0.0.1:3000", `127.0.0.1:${backend}`)} } }`;
}

describe("behind nginx with the guide's lines, its buffers and gzip on", () => {
  let watching: Watching;
  let nginx: ChildProcess;
  let base: string;
  let said = "";
  const folder = mkdtempSync(join(tmpdir(), "statusplane-nginx-"));
  beforeAll(async () => {
    const program = findProgram("nginx", ["/usr/sbin", "/opt/homebrew/bin"]);
    if (program === null) throw new Error("nginx is missing: apt-get install nginx-light");
    watching = await openWatching();
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    writeFileSync(join(folder, "nginx.conf"), configuration(port, watching.port));
    const own = ["-e", "stderr", "-p", folder, "-c", "nginx.conf", "-g", "daemon off;"];
    nginx = spawn(program, own, { stdio: ["ignore", "ignore", "pipe"] });
    nginx.stderr?.on("data", (data: Buffer) => (said += data.toString()));
    await eventually("nginx listens", () => isListening(port)).catch((cause: unknown) => {
      throw new Error(said, { cause });
    });
  });
  afterAll(async () => {
    const ended = new Promise((resolve) => nginx.once("exit", resolve));
    nginx.kill("SIGTERM");
    await ended;
    await watching.close();
    rmSync(folder, { recursive: true });
  });

  it.each(CLIENTS)("each change comes through at once by %s", async (transport, openClient) => {
    const ref = transport === "SSE" ? VIDEO : jobRef("7", "video", "43");
    await write(watching, pending(ref, 1));
    const token = await signedToken({ tenant_id: 7 });
    const client = await openClient({ base, token, ask: { videos: [ref.id] } });
    await client.until("ready");
    for (let version = 1; version <= 5; version += 1) {
      const snapshot = {
        ...running(ref, 1, version),
        partialResult: "x".repeat(version * 1_500),
      } as Snapshot;
      await write(watching, snapshot);
      await client.until(`video:${ref.id} 1.${version}`); // the next is not written before
    }
    client.close();
    expect(client.said.slice(0, 3)).toEqual(["hello", `video:${ref.id} 1.PENDING`, "ready"]);
  });
});

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
