/** U+2400, the picture of NUL, starts an escape and is therefore itself escaped. */
const UNSTORABLE = /[\0\u2400\p{Surrogate}]/u;
const EVERY_UNSTORABLE = /[\0\u2400\p{Surrogate}]/gu;

/**
 * Writes a string so that a text column of both databases holds it and gives it back.
 *
 * PostgreSQL refuses NUL, and no UTF-8 text has a lone surrogate: such a code unit becomes U+2400 and its four hexadecimal digits, which a
 * reader of the table sees. Everything else stays as it is. JSON columns need none of this, since JSON escapes both.
 */
export function toText(text: string): string {
  if (!UNSTORABLE.test(text)) return text;
  return text.replace(EVERY_UNSTORABLE, (unit) => `\u2400${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Reads what `toText` wrote. */
export function fromText(text: string): string {
  if (!text.includes("\u2400")) return text;
  return text.replace(/\u2400([0-9a-f]{4})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
