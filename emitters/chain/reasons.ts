import { z } from "zod";
import { REASON_CODES, type ReasonCode } from "./names.ts";

/** A reason code with what proves it in revert bytes and what it means. */
export interface ReasonConfig {
  readonly code: ReasonCode;
  /** Names or full signatures of custom errors. */
  readonly errors: readonly string[];
  /** Texts of `Error(string)`, compared to the letter. */
  readonly messages: readonly string[];
  readonly oracleRequired: boolean;
  readonly unhealthy: boolean;
}

/** What the seed says of its codes; each is proved by a custom error of its name or by its name as text. @see seed 000, section 4.1 */
const BUILT_IN: Readonly<Record<ReasonCode, { readonly oracleRequired: boolean; readonly unhealthy: boolean }>> = {
  PSM_ORACLE_MISSING: { oracleRequired: true, unhealthy: false },
  BUYBACK_ORACLE_REQUIRED: { oracleRequired: true, unhealthy: false },
  BUYBACK_ORACLE_UNHEALTHY: { oracleRequired: true, unhealthy: true },
};

/** The schema of `chain.reasons`: what it lists stands beside the built-in reasons and cannot change what a code means. */
export const reasonsSchema: z.ZodType<readonly ReasonConfig[], readonly unknown[]> = z
  .array(
    z.strictObject({
      code: z.enum(REASON_CODES),
      error: z
        .string()
        .regex(/^[A-Za-z_$][\w$]*(\(.*\))?$/, { error: "must be the name or the signature of a custom error" })
        .optional(),
      message: z.string().min(1).optional(),
      oracle_required: z.boolean().optional(),
      unhealthy: z.boolean().optional(),
    }),
  )
  .transform((entries, context) => {
    const proofs = REASON_CODES.map((code) => ({ code, errors: new Set<string>([code]), messages: new Set<string>([code]) }));
    for (const [index, entry] of entries.entries()) {
      for (const { key, message } of entryFaults(entry)) context.addIssue({ code: "custom", path: [index, ...key], message });
      for (const { code, errors, messages } of proofs) {
        const own = code === entry.code;
        if (!own && entry.error !== undefined && errors.has(entry.error)) {
          context.addIssue({ code: "custom", path: [index, "error"], message: `proves ${code} already` });
        }
        if (!own && entry.message !== undefined && messages.has(entry.message)) {
          context.addIssue({ code: "custom", path: [index, "message"], message: `proves ${code} already` });
        }
        if (own && entry.error !== undefined) errors.add(entry.error);
        if (own && entry.message !== undefined) messages.add(entry.message);
      }
    }
    return proofs.map(({ code, errors, messages }) => ({ code, errors: [...errors], messages: [...messages], ...BUILT_IN[code] }));
  });

interface Entry {
  readonly code: ReasonCode;
  readonly error?: string | undefined;
  readonly message?: string | undefined;
  readonly oracle_required?: boolean | undefined;
  readonly unhealthy?: boolean | undefined;
}

function entryFaults(entry: Entry): { readonly key: string[]; readonly message: string }[] {
  const meaning = BUILT_IN[entry.code];
  const faults: { readonly key: string[]; readonly message: string }[] = [];
  if (entry.error === undefined && entry.message === undefined) faults.push({ key: [], message: "must have `error`, `message` or both" });
  if (entry.oracle_required !== undefined && entry.oracle_required !== meaning.oracleRequired) {
    faults.push({ key: ["oracle_required"], message: `must be ${meaning.oracleRequired} for ${entry.code}: a code is never re-meant` });
  }
  if (entry.unhealthy !== undefined && entry.unhealthy !== meaning.unhealthy) {
    faults.push({ key: ["unhealthy"], message: `must be ${meaning.unhealthy} for ${entry.code}: a code is never re-meant` });
  }
  return faults;
}
