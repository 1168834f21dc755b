import { without, type Area, type NamedTest } from "../mutant.ts";

const at = (file: string): string => `packages/client/src/${file}`;
const inPush = (title: string, stillGreen: string): NamedTest => ({
  project: "unit",
  file: "packages/client/test/transport/push.test.ts",
  title,
  stillGreen,
});
const inTabs = (title: string, stillGreen: string): NamedTest => ({
  project: "unit",
  file: "packages/client/test/tabs/shared-push.test.ts",
  title,
  stillGreen,
});

export const CLIENT_STREAMS: Area = {
  title: "The client's streams",
  mutants: [
    {
      name: "silence-is-a-failure",
      why: "a box holds bytes back, the stream looks open, and bars stand still",
      file: at("transport/link.ts"),
      replace: [["lastLifeMs + timings.silentMs;", "Number.POSITIVE_INFINITY;"]],
      test: inPush(
        "of which no byte comes for 20 s has failed, however open it looks",
        "tells what is watched, and nothing is polled",
      ),
    },
    {
      name: "a-stream-is-not-trusted",
      why: "what a stream has lost is not found before the page is loaded again",
      file: at("transport/pushing.ts"),
      replace: [["        isDoubted = true;\n        context.onCover();", "        context.onCover();"]],
      test: inPush(
        "is polled beside once a minute, and a failure of that poll loses nothing",
        "tells what is watched, and nothing is polled",
      ),
    },
    {
      name: "the-next-stream-before-the-last-is-left",
      why: "each renewal is a gap in which nothing is told",
      file: at("transport/push.ts"),
      replace: [["if (link === current && next === null) openNext();", ""]],
      test: inPush(
        "because it is old is followed by the next without a gap",
        "because its process leaves is opened elsewhere when the server says, without polls before",
      ),
    },
    {
      name: "who-does-not-answer-leads-no-more",
      why: "one busy tab stops every bar of the browser",
      file: at("tabs/shared-push.ts"),
      replace: [["      orphaned();\n      askForLock({ steal: true });", ""]],
      test: inTabs(
        "that does not answer for 5 s loses the lock, and there is one connection again after it goes on",
        "that is hidden gives way to one that is seen",
      ),
    },
    {
      name: "a-frozen-tab-gives-up",
      why: "hidden tabs wait for a leader whose code the browser has stopped",
      file: at("tabs/shared-push.ts"),
      replace: [["tabs.onLeave(leave)", "tabs.onLeave(() => undefined)"]],
      test: inTabs(
        "gives up when it is frozen or left, and follows when it comes back",
        "that closes is followed by another",
      ),
    },
    {
      name: "the-leading-tab-remembers",
      why: "a tab that is opened later shows nothing until its jobs change: the server tells a connection once",
      file: at("tabs/shared-push.ts"),
      replace: [without("    memory.take(delivery);\n")],
      test: inTabs(
        "are told by the leading one what the server has told it before, and does not tell again",
        "of another reader share nothing",
      ),
    },
  ],
};
