/** Begins watches by id and shows the tray: one bar for each, its end, and the record that `onSuccess` was given. */
import {
  asyncStatusStore,
  getPollInterval,
  useWorkerJobPoller,
  type AsyncStatus,
} from "@statusplane/client/compat";
import { useEffect, useState, useSyncExternalStore, type FormEvent, type ReactNode } from "react";

/** Whole seconds since the component is there. */
function useElapsedSeconds(): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  return seconds;
}

function Task({ task, record }: { readonly task: AsyncStatus; readonly record: unknown }): ReactNode {
  const { taskId, status, percent, remainingSeconds, step, message } = task;
  const elapsedSeconds = useElapsedSeconds();
  return (
    <li data-task={taskId} data-status={status}>
      <progress aria-label={taskId} max={100} value={percent} /> {percent}%
      {step !== undefined && ` · ${step.index}/${step.total} ${step.name} ${step.percent}%`}
      {remainingSeconds !== undefined && ` · ${remainingSeconds} s left`}
      {status === "running" && ` · asks every ${getPollInterval(elapsedSeconds) / 1_000} s`}
      {message !== undefined && ` · ${message}`}
      {record !== undefined && ` · record: ${JSON.stringify(record)}`}
    </li>
  );
}

/** The whole page. */
export function Page(): ReactNode {
  const { pollVideoJob, pollExcelJob } = useWorkerJobPoller();
  const tasks = useSyncExternalStore(asyncStatusStore.subscribe, asyncStatusStore.getSnapshot);
  const [kind, setKind] = useState("video");
  const [id, setId] = useState("");
  const [records, setRecords] = useState<Readonly<Record<string, unknown>>>({});

  const watch = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const taskId = kind === "video" ? `upload-${id}` : id; // an import's task has the job's own id
    const keep = (record: unknown): void => setRecords((before) => ({ ...before, [taskId]: record }));
    asyncStatusStore.updateProgress(taskId, 1); // the bar stands before the first answer
    if (kind === "video") pollVideoJob(taskId, id, keep);
    else pollExcelJob(taskId, keep);
  };

  return (
    <main>
      <form onSubmit={watch}>
        <select aria-label="Kind" value={kind} onChange={(event) => setKind(event.target.value)}>
          <option value="video">Video</option>
          <option value="job">Import</option>
        </select>
        <input aria-label="Id" required value={id} onChange={(event) => setId(event.target.value)} />
        <button>Watch</button>
      </form>
      <ul>
        {[...tasks.values()].map((task) => (
          <Task key={task.taskId} task={task} record={records[task.taskId]} />
        ))}
      </ul>
    </main>
  );
}
