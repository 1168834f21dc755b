import type { CellValue } from "@statusplane/xlsx";
import { foldedText, textOf } from "./cell-text.ts";

/**
 * A telephone number as it is written, mobile numbers of 11 digits as 010-1234-5678. A number cell of 9 or 10 digits
 * has lost its leading zero and gets it back, and so does text of 10 digits that begins with 10, which nothing but a
 * mobile number does. Null when it is no telephone number.
 */
export function phoneOf(cell: CellValue): string | null {
  if (typeof cell === "string" && MOBILE.test(cell)) return cell;
  const text = foldedText(textOf(cell) ?? "");
  if (!PHONE.test(text)) return null;
  const digits = text.replace(/\D/g, "");
  if (digits.length < 7 || digits.length > 15) return null;
  if (text.startsWith("+")) return text;
  const hasLostZero = LOST_MOBILE.test(digits) || (isNumber(cell, digits) && LOST_ZERO.test(digits));
  const whole = hasLostZero ? `0${digits}` : digits;
  if (/^01\d{9}$/.test(whole)) return `${whole.slice(0, 3)}-${whole.slice(3, 7)}-${whole.slice(7)}`;
  return hasLostZero ? whole : text;
}

/** Whether the digits are a number's own, without zeros that its format adds. */
function isNumber(cell: CellValue, digits: string): boolean {
  if (typeof cell === "number") return true;
  return cell !== null && typeof cell === "object" && "number" in cell && String(cell.number) === digits;
}

const MOBILE = /^01\d-\d{4}-\d{4}$/;
const LOST_MOBILE = /^10\d{8}$/;
const LOST_ZERO = /^[1-9]\d{8,9}$/;
const PHONE = /^\+?[\d(][\d\s().-]{5,29}$/;
