// @vitest-environment happy-dom
import { ClientError } from "@statusplane/client";
import { DEFAULT_POLICY, type PolicyBody } from "@statusplane/client/views";
import fc from "fast-check";
import { expect, test } from "vitest";
import { refusalReason } from "../src/lectures/index.ts";
import { readGridRow } from "../src/viewing/grid-row.ts";
import { fieldsOf, policyOf } from "../src/viewing/policy-form.ts";

const name = fc
  .string({ minLength: 1, maxLength: 8, unit: fc.constantFrom("3", "반", "a", " b") })
  .map((text) => text.trim())
  .filter(Boolean);
const names = fc.uniqueArray(name, { maxLength: 4 });
const policies: fc.Arbitrary<PolicyBody> = fc.record({
  attended_percent: fc.integer({ min: 1, max: 100 }),
  max_speed: fc.constantFrom(0.5, 1, 1.25, 1.7, 2, 4),
  seek_ahead: fc.boolean(),
  // To the minute, as the form has it.
  deadline: fc.option(
    fc.integer({ min: 0, max: 40_000_000 }).map((minutes) => new Date(minutes * 60_000).toISOString()),
  ),
  after_deadline: fc.constantFrom("play", "closed"),
  places: fc.integer({ min: 1, max: 10 }),
  audience: fc.oneof(
    fc.constant({ kind: "all" } as const),
    names.map((groups) => ({ kind: "groups", groups }) as const),
    names.map((viewers) => ({ kind: "viewers", viewers }) as const),
  ),
});

test("a policy comes out of its form as it went in", () => {
  fc.assert(
    fc.property(policies, (policy) => {
      expect(policyOf(fieldsOf(policy))).toEqual(policy);
    }),
  );
});

test("a form without a deadline has none, and names are read between commas", () => {
  const fields = { ...fieldsOf(DEFAULT_POLICY), audience: "groups", names: " 1반, ,2반,, " } as const;
  expect(policyOf(fields)).toMatchObject({
    deadline: null,
    audience: { kind: "groups", groups: ["1반", "2반"] },
  });
});

test("a line of the grid needs a student, and nothing else", () => {
  expect([null, {}, [], { student_no: "" }].map(readGridRow)).toEqual([null, null, null, null]);
  expect(readGridRow({ student_no: "7", views: { "1": { watched_percent: 40 }, "2": null } })).toEqual({
    studentNo: "7",
    name: "7",
    className: "",
    viewer: "7",
    cells: new Map(
      [40, 0].map((watchedPercent, index) => [
        String(index + 1),
        { session: 0, version: 0, watchedPercent, isAttended: false, lastSeenAt: null },
      ]),
    ),
  });
});

test("a playback that a policy refuses says why; another refusal is none", () => {
  const of = (code: string, detail: string) => refusalReason(new ClientError({ status: 403, code, detail }));
  expect([
    of("not_allowed_to_play", "deadline_over"),
    of("not_allowed_to_play", "something new"),
    of("insufficient_scope", "play"),
  ]).toEqual(["deadline_over", null, null]);
});
