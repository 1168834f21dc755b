import { DEFAULT_POLICY, type ReportBody, type ReportsBody, type ViewBody } from "@statusplane/core/wire";
import { mergeRanges, secondsIn } from "../../src/views/watched-seconds.ts";

export interface PostedReports {
  readonly reports: readonly ReportBody[];
  readonly init: RequestInit;
}

/** Counts as the real one does where nobody cheats. */
export class FakeViewServer {
  /** Video → what was watched. */
  readonly #watched = new Map<string, readonly (readonly [number, number])[]>();
  readonly posts: PostedReports[] = [];
  readonly asked: string[] = [];
  #version = 0;
  /** Reports are counted, and answered, after this. */
  held: Promise<void> = Promise.resolve();
  /** Null: it cannot be reached. */
  status: number | null = 200;
  /** Videos that it does not know before they are asked for. */
  readonly unknown = new Set<string>();
  /** Players that may not play. */
  readonly refusedVideos = new Set<string>();

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const path = url.replace(/^https?:\/\/[^/]+/, "");
    if (this.status === null) throw new TypeError("no network");
    if (this.status !== 200) return Response.json({ code: "test", detail: "no" }, { status: this.status });
    if (init.method === "POST") return this.#post(init);
    this.asked.push(path);
    const ids = path.includes("?")
      ? (new URLSearchParams(path.split("?")[1]).get("videos") ?? "").split(",")
      : null;
    for (const id of ids ?? [...this.unknown]) this.unknown.delete(id);
    if (ids !== null)
      return Response.json({ views: Object.fromEntries(ids.map((id) => [id, this.#body(id)])) });
    return Response.json(this.#body(path.split("/").at(-2) ?? "", true));
  };

  /** What it holds of a video. */
  watched(video: string): readonly (readonly [number, number])[] {
    return this.#watched.get(video) ?? [];
  }

  async #post(init: RequestInit): Promise<Response> {
    const { reports } = JSON.parse(init.body as string) as ReportsBody;
    this.posts.push({ reports, init });
    await this.held;
    if (reports.some(({ video }) => video === "bad"))
      return Response.json({ code: "invalid_request", detail: "" }, { status: 400 });
    return Response.json({ views: reports.map((report) => this.#count(report)) });
  }

  #count({ video, ranges }: ReportBody) {
    const answer = { video, counted_seconds: 0, left_out_seconds: 0, reason: null, state: null };
    if (this.unknown.has(video)) return { ...answer, outcome: "load" };
    if (this.refusedVideos.has(video)) return { ...answer, outcome: "refused", reason: "too_many_places" };
    this.#watched.set(video, mergeRanges([...this.watched(video), ...ranges]));
    return { ...answer, outcome: "counted", state: this.#body(video) };
  }

  #body(video: string, hasSeen = false): ViewBody {
    this.#version += 1;
    const watched = this.watched(video);
    return {
      ...{ video, viewer: "s1", session: 1, version: this.#version, position: null, length: 3_600 },
      ...{ watched_seconds: secondsIn(watched), watched_percent: 0, seen: hasSeen ? watched : null },
      ...{ attended: false, attended_at: null, next: { position: 0, left_seconds: 0 }, may_play: true },
      ...{ reason: null, last_seen_at: null, policy: DEFAULT_POLICY },
    };
  }
}
