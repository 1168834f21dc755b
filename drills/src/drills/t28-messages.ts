import type { Drill } from "../drill.ts";
import { DECK_FAULTS } from "../messages/message-faults.ts";
import { messageLeg } from "../messages/message-leg.ts";

const DECKS_OF_A_LEG = 2;

/** In each deck a worker dies at each named point of the sending, and stands still there; counted in a real mail server. */
export const t28: Drill = {
  id: "T28",
  title:
    "messages to 200 each while workers are killed and stopped at each named point, at any moment, shut down, robbed of their lease",
  fullVolume: 500,
  legVolume: DECKS_OF_A_LEG * DECK_FAULTS,
  injectsFaults: true,
  bound: "I11: nobody gets one twice, nobody is left out unnamed, ≤ 5 of a message uncertain per strike",
  boundMs: null,
  leg: (options) => messageLeg(options),
};
