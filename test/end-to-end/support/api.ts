import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import type { JobProgressBody, ProblemBody, VideoProgressBody } from "@statusplane/core/wire";
import { eventually } from "@statusplane/test-support";

export interface SubmittedBody {
  readonly id?: string | number;
  readonly job_id?: string;
  readonly status: string;
  readonly attempt: number;
  readonly version: number;
  readonly progress_url: string;
  readonly detail_url: string;
  readonly watch_token: string;
}

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** What a script does with the HTTP API of one server as one tenant. */
export class Api {
  readonly url: string;
  readonly token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
  }

  /** Signs in as a demo tenant. @param viewer who watches there. Default: who manages it. */
  static async demo(url: string, tenant: string, viewer?: string): Promise<Api> {
    const answer = await new Api(url, "").call<{ token: string }>("/api/v1/demo/sign-in/", {
      json: { tenant, viewer },
    });
    return new Api(url, answer.body.token);
  }

  async call<Body = ProblemBody>(
    path: string,
    options: { method?: string; json?: unknown; form?: FormData; headers?: Record<string, string> } = {},
  ): Promise<Answer<Body>> {
    const headers = new Headers(options.headers);
    if (this.token !== "" && !headers.has("authorization"))
      headers.set("authorization", `Bearer ${this.token}`);
    if (options.json !== undefined) headers.set("content-type", "application/json");
    const body = options.form ?? (options.json === undefined ? null : JSON.stringify(options.json));
    const method = options.method ?? (body === null ? "GET" : "POST");
    const response = await fetch(this.url + path, { method, headers, body, redirect: "manual" });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : text) as Body,
    };
  }

  async submitVideo(path: string, title = basename(path)): Promise<SubmittedBody> {
    const form = new FormData();
    form.set("title", title);
    form.set("file", await openAsBlob(path), basename(path));
    return this.accepted("/media/videos/", form);
  }

  async submitImport(path: string): Promise<SubmittedBody> {
    const form = new FormData();
    form.set("job_type", "excel_import");
    form.set("file", await openAsBlob(path), basename(path));
    return this.accepted("/api/v1/jobs/", form);
  }

  /** The students of the page's own sample. */
  async submitSampleStudents(): Promise<SubmittedBody> {
    const answer = await fetch(`${this.url}/api/v1/students/sample.xlsx`, {
      headers: { authorization: `Bearer ${this.token}` },
    });
    const form = new FormData();
    form.set("job_type", "excel_import");
    form.set("file", new File([await answer.arrayBuffer()], "students.xlsx"));
    return this.accepted("/api/v1/jobs/", form);
  }

  /** @param name what the file is called */
  async submitDocument(path: string, name = basename(path)): Promise<SubmittedBody> {
    const form = new FormData();
    form.set("job_type", "ocr");
    form.set("file", await openAsBlob(path), name);
    return this.accepted("/api/v1/jobs/", form);
  }

  async videoProgress(id: string | number): Promise<Answer<VideoProgressBody>> {
    return this.call(`/media/videos/${id}/progress/`);
  }

  async jobProgress(id: string): Promise<Answer<JobProgressBody>> {
    return this.call(`/api/v1/jobs/${id}/progress/`);
  }

  /** Polls until the job has ended. */
  async ended<Body extends VideoProgressBody | JobProgressBody>(
    submitted: SubmittedBody,
    withinMs = 180_000,
  ): Promise<Body> {
    return eventually(
      `${submitted.progress_url} ends`,
      async () => {
        const { status, body } = await this.call<Body>(submitted.progress_url);
        return status === 200 && body.status !== "PENDING" && body.status !== "PROCESSING" ? body : null;
      },
      withinMs,
    );
  }

  private async accepted(path: string, form: FormData): Promise<SubmittedBody> {
    const { status, body } = await this.call<SubmittedBody>(path, { form });
    if (status !== 202) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }
}
