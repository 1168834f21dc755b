import {
  keyInTenant,
  encodeJson,
  hasCode,
  jobKeys,
  jobRef,
  parseKeyInTenant,
  parseRefKey,
  refKey,
  StatusplaneError,
  utf8Bytes,
  uuidV7,
  type Kind,
} from "@statusplane/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("jobRef", () => {
  it.each(["", "a:b", "a{b}", "a.b", "１２", " 7", "7 ", "+7", "a/b", "..", "a".repeat(65), "a\n"])(
    "refuses %j as tenant and as id",
    (text) => {
      const refusal = (make: () => unknown): unknown => {
        try {
          make();
        } catch (error) {
          return hasCode(error, "invalid_id");
        }
        return "accepted";
      };
      expect(refusal(() => jobRef(text, "job", "1"))).toBe(true);
      expect(refusal(() => jobRef("1", "job", text))).toBe(true);
    },
  );

  it.each([null, undefined, 0, 7, Number.NaN, {}, ["7"]])("refuses %j, which is no text, loudly", (value) => {
    expect(() => jobRef(value as string, "job", "1")).toThrow(StatusplaneError);
    expect(() => jobRef("1", "job", value as string)).toThrow(StatusplaneError);
  });

  it("comes back from its key, and no two jobs share one", () => {
    const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
    const anyRef = fc.tuple(id, fc.constantFrom<Kind>("video", "job"), id).map((parts) => jobRef(...parts));
    fc.assert(
      fc.property(anyRef, anyRef, (a, b) => {
        expect(parseRefKey(refKey(a))).toEqual(a);
        expect(parseKeyInTenant(keyInTenant(a))).toEqual({ kind: a.kind, id: a.id });
        const same = a.tenant === b.tenant && a.kind === b.kind && a.id === b.id;
        expect(jobKeys(a).status === jobKeys(b).status).toBe(same);
      }),
    );
    expect(parseRefKey("7.job.1.2")).toBeNull();
    expect(parseKeyInTenant("nonsense")).toBeNull();
  });
});

describe("jobKeys", () => {
  it("has exactly the note's keys, and the id as hash tag in a cluster", () => {
    const ref = jobRef("7", "video", "42");
    expect(jobKeys(ref)).toEqual({
      status: "tenant:7:video:42:status",
      progress: "tenant:7:video:42:progress",
      result: "tenant:7:video:42:result",
      events: "tenant:7:video:42:events",
      control: "tenant:7:video:42:control",
    });
    expect(jobKeys(ref, true).status).toBe("tenant:7:video:{42}:status");
  });
});

describe("uuidV7", () => {
  it("is a version 7 UUID, rising even within one millisecond and when the clock goes back", () => {
    const ids = Array.from({ length: 5_000 }, (_, i) =>
      uuidV7(i < 4_000 ? 1_800_000_000_000 : 1_700_000_000_000),
    );
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("encodeJson", () => {
  it.each([undefined, Number.NaN, Infinity, 2 ** 53, 1n, () => 1, { a: Number.NaN }, [Symbol("x")]])(
    "refuses what a browser would read differently (%#)",
    (value) => {
      expect(() => encodeJson(value)).toThrow(TypeError);
    },
  );
  it("encodes the rest as JSON.stringify does", () => {
    const values = [fc.string(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null)];
    const anyValue = fc.oneof(fc.object({ values }), fc.array(fc.object({ values })));
    fc.assert(fc.property(anyValue, (value) => void expect(encodeJson(value)).toBe(JSON.stringify(value))));
  });
});

describe("utf8Bytes", () => {
  it("counts as the UTF-8 encoder does", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        (text) => void expect(utf8Bytes(text)).toBe(Buffer.byteLength(text)),
      ),
    );
  });
});
