import {
  LEFT_OUT_REASONS,
  REPORT_OUTCOMES,
  type LeftOutReason,
  type ReportOutcome,
} from "@statusplane/core/wire";
import type { LeftOut } from "@statusplane/core";
import type { AddGauge } from "../../operations/asked-gauges.ts";

/** Counts of reports: plain numbers, for a metrics library costs as much as the answer. */
export class ViewCounts {
  readonly reports: Record<ReportOutcome, number> = { counted: 0, load: 0, refused: 0 };
  countedSeconds = 0;
  readonly leftOutSeconds: Record<LeftOutReason, number> = { too_fast: 0, beyond_end: 0, ahead: 0 };

  add(outcome: ReportOutcome, countedSeconds = 0, leftOut: LeftOut | null = null): void {
    this.reports[outcome] += 1;
    this.countedSeconds += countedSeconds;
    if (leftOut === null) return;
    for (const reason of LEFT_OUT_REASONS) this.leftOutSeconds[reason] += leftOut[reason];
  }
}

/** What `/metrics` tells of reports. */
export function viewMetrics(gauge: AddGauge, counts: ViewCounts): void {
  gauge("view_reports_total", "Reports of what was watched, by what became of them", ["outcome"], (each) => {
    for (const outcome of REPORT_OUTCOMES) each.labels(outcome).set(counts.reports[outcome]);
  });
  gauge("view_seconds_total", "Reported seconds: counted, or left out and why", ["of"], (each) => {
    each.labels("counted").set(counts.countedSeconds);
    for (const reason of LEFT_OUT_REASONS) each.labels(reason).set(counts.leftOutSeconds[reason]);
  });
}
