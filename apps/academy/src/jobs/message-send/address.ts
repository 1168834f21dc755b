import { domainToASCII } from "node:url";
import { hasHidden } from "./message-text.ts";

/** What kind of address a message goes to. */
export type AddressKind = "email" | "phone";

/** An address that can be written to, or why it cannot. */
export type ReadAddress =
  | {
      /** As the provider takes it. */
      readonly address: string;
      /** Equal for addresses that reach the same. */
      readonly key: string;
    }
  | { readonly problem: "no_address" | "malformed_address" };

// RFC 5321, 4.5.3.1
const LOCAL_MAX_BYTES = 64;
const ADDRESS_MAX_BYTES = 254;
/** RFC 5322, 3.2.3, and what RFC 6531 adds. */
const DOT_ATOM = /^[^\s"(),:;<>@[\\\]\p{Cc}]+$/u;
/** RFC 5322, 3.2.4, without what would have to be folded, and without the brackets that end an address on its way. */
const QUOTED = /^"(?:[^"\\<>\p{Cc}]|\\[ -;=?-~])*"$/u;
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/i;

/** Reads an address. A domain is compared as it travels (IDN as xn--), its letters and those before it in any case. */
export function readAddress(written: string | null, kind: AddressKind): ReadAddress {
  const text = (written ?? "").normalize("NFC").trim();
  if (text === "") return { problem: "no_address" };
  if (hasHidden(text)) return { problem: "malformed_address" };
  return kind === "email" ? readEmail(text) : readPhone(text);
}

function readEmail(text: string): ReadAddress {
  const at = text.lastIndexOf("@");
  const local = text.slice(0, at);
  const domain = domainToASCII(text.slice(at + 1));
  const labels = domain.split(".");
  const dotted = DOT_ATOM.test(local) && local.split(".").every((atom) => atom !== "");
  const isRight =
    at > 0 &&
    (dotted || QUOTED.test(local)) &&
    Buffer.byteLength(local) <= LOCAL_MAX_BYTES &&
    labels.length >= 2 &&
    labels.every((label) => LABEL.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? "");
  const address = `${local}@${domain}`;
  if (!isRight || Buffer.byteLength(address) > ADDRESS_MAX_BYTES) return { problem: "malformed_address" };
  return { address, key: address.toLowerCase() };
}

function readPhone(text: string): ReadAddress {
  const digits = text.replace(/[\s().-]/g, "");
  if (!/^\+?\d{7,15}$/.test(digits)) return { problem: "malformed_address" };
  return { address: digits, key: digits };
}
