import type { DemoTenant } from "@statusplane/server";

/** The two academies that a demo has, each with a student of the sample workbook. */
export const DEMO_TENANTS: readonly DemoTenant[] = [
  { tenant: "1", name: "가람학원", viewers: [{ viewer: "20260001", name: "김하서", groups: ["1반"] }] },
  { tenant: "2", name: "나래학원", viewers: [{ viewer: "20260002", name: "윤은솔", groups: ["2반"] }] },
];
