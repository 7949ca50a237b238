const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** A moment in words: an age (`24h`, `7d`), a date, or a time of RFC 3339; in UTC where no zone is given. Null for anything else. */
export function readMoment(text: string, nowMs: number): number | null {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/u.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return nowMs - Number(count) * (UNIT_MS[unit] ?? 0);
  if (!/^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/u.test(text)) return null;
  const hasZone = /(?:Z|[+-]\d{2}:\d{2})$/u.test(text.slice(10));
  const ms = Date.parse(text.length === 10 || hasZone ? text.replace(" ", "T") : `${text.replace(" ", "T")}Z`);
  return Number.isNaN(ms) ? null : ms;
}
