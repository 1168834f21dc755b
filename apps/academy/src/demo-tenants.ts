import type { DemoTenant } from "@statusplane/server";

/** The two academies that a demo has. */
export const DEMO_TENANTS: readonly DemoTenant[] = [
  { tenant: "1", name: "가람학원" },
  { tenant: "2", name: "나래학원" },
];
