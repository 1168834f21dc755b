import type { Drill } from "../drill.ts";
import { messageLeg } from "../messages/message-leg.ts";

/** Half of the strikes at named points of the sending, the others at any moment; counted in a real mail server. */
export const t28: Drill = {
  id: "T28",
  title: "messages while workers are killed at each named point, stopped, shut down, robbed of their lease",
  fullVolume: 500,
  legVolume: 100,
  injectsFaults: true,
  bound: "I11: nobody gets one twice, nobody is left out unnamed, ≤ 5 uncertain per strike",
  boundMs: null,
  leg: (options) => messageLeg(options),
};
