import type { Drill } from "../drill.ts";
import { torture } from "../torture/torture.ts";
import { t1 } from "./t01-worker-killed.ts";
import { t2 } from "./t02-crash-points.ts";
import { t3 } from "./t03-api-killed.ts";
import { t4 } from "./t04-redis-killed.ts";
import { t5 } from "./t05-redis-emptied.ts";
import { t6 } from "./t06-postgres-killed.ts";
import { t7 } from "./t07-cluster-master-killed.ts";
import { t8 } from "./t08-failovers.ts";
import { t9 } from "./t09-paused.ts";
import { t10 } from "./t10-network.ts";
import { t11 } from "./t11-histories.ts";
import { t12 } from "./t12-small-scope.ts";
import { t13 } from "./t13-deliveries.ts";
import { t16 } from "./t16-herd.ts";
import { t17 } from "./t17-constancy.ts";
import { t18 } from "./t18-full.ts";
import { t19 } from "./t19-clocks.ts";
import { t23 } from "./t23-deploys.ts";
import { t24 } from "./t24-two-relays.ts";
import { t26 } from "./t26-freshness.ts";
import { t28 } from "./t28-messages.ts";
import { t29 } from "./t29-views.ts";
import { t30 } from "./t30-streams.ts";

/** The catalogue, in the order of its numbers. */
export const DRILLS: readonly Drill[] = [
  t1,
  t2,
  t3,
  t4,
  t5,
  t6,
  t7,
  t8,
  t9,
  t10,
  t11,
  t12,
  t13,
  t16,
  t17,
  t18,
  t19,
  t23,
  t24,
  t26,
  t28,
  t29,
  t30,
];

/** What the report tells of: the torture is a command of its own. */
export const REPORTED: readonly Drill[] = [...DRILLS, torture({ seconds: 60, losesData: false })];
