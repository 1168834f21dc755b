import { describe, expect, it, vi } from "vitest";
import { createAsyncStatusStore } from "../../src/compat/async-status-store.ts";
import { createTaskPoller, taskPollerOf, type OnSuccess } from "../../src/compat/task-poller.ts";
import type { ClientOptions } from "../../src/statusplane-client.ts";
import { bodies, outage, progressBody } from "../fake-server.ts";
import { setUp, video } from "../setup.ts";

function setUpTasks(options: Partial<ClientOptions> = {}) {
  const setup = setUp(options);
  const store = createAsyncStatusStore();
  const tasks = createTaskPoller(setup.client, store);
  return { ...setup, store, tasks, task: (id: string) => store.getSnapshot().get(id) };
}

describe("a polled task", () => {
  it("runs at 1 % from the start, follows its job, and ends with it", async () => {
    const { tasks, task, server, environment } = setUpTasks();
    server.snapshots.set("video:42", bodies.pending());
    tasks.pollVideoJob("upload-1", 42);
    expect(task("upload-1")).toMatchObject({ status: "running", percent: 1 });
    await environment.advance(500);
    server.snapshots.set("video:42", {
      ...bodies.running(5, 55),
      ...progressBody({
        percent: 55,
        remainingSeconds: 12,
        stepIndex: 2,
        stepTotal: 4,
        stepName: "복사",
        stepPercent: 10,
      }),
    });
    await environment.advance(1_000);
    expect(task("upload-1")).toMatchObject({
      percent: 55,
      remainingSeconds: 12,
      step: { index: 2, name: "복사" },
    });
    server.snapshots.set("video:42", bodies.ready());
    await environment.advance(1_000);
    expect(task("upload-1")).toMatchObject({ status: "success", percent: 100 });
    expect(server.details).toEqual([]);
  });

  it("of a job has the job's own id", async () => {
    const { tasks, server, environment } = setUpTasks();
    tasks.pollExcelJob("job-1");
    await environment.advance(0);
    expect(server.polls[0]?.path).toBe("/api/v1/progress/?jobs=job-1");
  });

  it("gives onSuccess the record, asked once per job, attempt and tab", async () => {
    const { tasks, server, environment } = setUpTasks();
    const first = vi.fn<OnSuccess>();
    const second = vi.fn<OnSuccess>();
    server.snapshots.set("video:42", bodies.ready());
    server.records.set("video:42", { id: 42, title: "소개" });
    tasks.pollVideoJob("a", "42", first);
    tasks.pollVideoJob("b", "42", second);
    await environment.advance(10_000);
    expect(server.details).toHaveLength(1);
    expect(first).toHaveBeenCalledOnce();
    expect(first).toHaveBeenCalledWith(
      { id: 42, title: "소개" },
      expect.objectContaining({ status: "READY" }),
    );
    expect(second).toHaveBeenCalledOnce();
  });

  it("ends once, whatever else becomes known of its job", async () => {
    const { tasks, store, client, server, environment } = setUpTasks();
    const onSuccess = vi.fn<OnSuccess>();
    server.snapshots.set("video:42", bodies.ready());
    tasks.pollVideoJob("a", "42", onSuccess);
    await environment.advance(1_000);
    const before = store.getSnapshot();
    server.handler = outage;
    client.watch(video("42"));
    await environment.advance(0);
    expect(client.get(video("42"))?.connection).toBe("lost");
    await environment.advance(5_000);
    expect(store.getSnapshot()).toBe(before);
    expect(onSuccess).toHaveBeenCalledOnce();
  });

  it.each([
    [{ attempt: 1, version: 9, status: "FAILED", error_reason: "손상된 파일" }, "ko", "손상된 파일"],
    [{ attempt: 1, version: 9, status: "FAILED" }, "ko", "영상 처리 실패"],
    [{ attempt: 1, version: 9, status: "CANCELLED" }, "ko", "취소되었습니다."],
    [{ attempt: 1, version: 9, status: "CANCELLED" }, "en", "Cancelled."],
    [undefined, "ko", "작업을 찾을 수 없습니다."],
  ] as const)("ends with an error and its sentence after %j", async (snapshot, language, message) => {
    const { tasks, task, server, environment } = setUpTasks({ language: () => language });
    const onSuccess = vi.fn<OnSuccess>();
    if (snapshot !== undefined) server.snapshots.set("video:42", snapshot);
    tasks.pollVideoJob("a", "42", onSuccess);
    await environment.advance(5_000);
    expect(task("a")).toMatchObject({ status: "error", message });
    expect(onSuccess).not.toHaveBeenCalled();
  });

  it("runs again when its job begins a higher attempt", async () => {
    const { tasks, task, client, server, environment } = setUpTasks();
    server.snapshots.set("video:42", bodies.failed(1));
    tasks.pollVideoJob("a", "42");
    await environment.advance(1_000);
    expect(task("a")?.status).toBe("error");
    server.snapshots.set("video:42", bodies.running(1, 20, 2));
    client.watch(video("42"));
    await environment.advance(1_000);
    expect(task("a")).toMatchObject({ status: "running", percent: 20, message: undefined });
  });

  it("is left as it is by stop, and polled no more", async () => {
    const { tasks, task, server, environment } = setUpTasks();
    const onSuccess = vi.fn<OnSuccess>();
    server.snapshots.set("video:42", bodies.running(1, 20));
    tasks.pollVideoJob("a", "42", onSuccess);
    await environment.advance(500);
    tasks.stop("a");
    tasks.stop("a");
    server.snapshots.set("video:42", bodies.ready());
    await environment.advance(10_000);
    expect(task("a")).toMatchObject({ status: "running", percent: 20 });
    expect(onSuccess).not.toHaveBeenCalled();
    expect(environment.openTimers).toBe(0);
  });

  it("calls nobody whose task was stopped while the record was asked", async () => {
    const { tasks, server, environment } = setUpTasks();
    const onSuccess = vi.fn<OnSuccess>();
    environment.dice = 0.9;
    server.snapshots.set("video:42", bodies.ready());
    tasks.pollVideoJob("a", "42", onSuccess);
    await environment.advance(1_000);
    tasks.stop("a");
    await environment.advance(5_000);
    expect(onSuccess).not.toHaveBeenCalled();
  });

  it("begun again under its id is the new one only", async () => {
    const { tasks, task, server, environment } = setUpTasks();
    server.snapshots.set("video:1", bodies.running(1, 20));
    server.snapshots.set("video:2", bodies.running(1, 60));
    tasks.pollVideoJob("a", "1");
    await environment.advance(500);
    tasks.pollVideoJob("a", "2");
    await environment.advance(1_500);
    expect(task("a")?.percent).toBe(60);
    expect(server.polls.at(-1)?.path).toBe("/api/v1/progress/?videos=2");
  });
});

it("is the same for every caller of a client", () => {
  const { client } = setUp();
  expect(taskPollerOf(client)).toBe(taskPollerOf(client));
  expect(taskPollerOf(setUp().client)).not.toBe(taskPollerOf(client));
});
