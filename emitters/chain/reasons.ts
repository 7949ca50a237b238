import { z } from "zod";
import { type ContractName, type ReasonCode, WATCHED_CONTRACTS } from "./names.ts";

/** A reason code with what proves it in revert bytes, what it means and which contracts give it. */
export interface ReasonConfig {
  readonly code: ReasonCode;
  /** Names or full signatures of custom errors. */
  readonly errors: readonly string[];
  /** First four bytes of revert data, for an error whose signature nobody has. */
  readonly selectors: readonly string[];
  /** Texts of `Error(string)`, compared to the letter. */
  readonly messages: readonly string[];
  readonly oracleRequired: boolean;
  readonly unhealthy: boolean;
  /** The contracts whose own code it is; none stands for all. */
  readonly contracts: readonly ContractName[];
}

type Meaning = Pick<ReasonConfig, "oracleRequired" | "unhealthy" | "contracts">;

/** What the seed says of its codes. @see seed 000, sections 2 and 4.1 */
const BUILT_IN: ReadonlyMap<ReasonCode, Meaning> = new Map([
  ["PSM_ORACLE_MISSING", { oracleRequired: true, unhealthy: false, contracts: ["PSM"] }],
  ["BUYBACK_ORACLE_REQUIRED", { oracleRequired: true, unhealthy: false, contracts: ["BUYBACK_VAULT"] }],
  ["BUYBACK_ORACLE_UNHEALTHY", { oracleRequired: true, unhealthy: true, contracts: ["BUYBACK_VAULT"] }],
]);

/** Each code is a label value: their number must be bounded. */
const MOST_CODES = 32;

/**
 * The schema of `chain.reasons`: it adds spellings to the built-in codes and codes of its own, and cannot change what a code means.
 *
 * Every code is proved by a custom error of its name and by its name as text, without being told so.
 */
export const reasonsSchema: z.ZodType<readonly ReasonConfig[], readonly unknown[]> = z
  .array(
    z.strictObject({
      code: z
        .string()
        .regex(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/, { error: "must be a code such as TREASURY_ORACLE_STALE" })
        .max(64),
      error: z
        .string()
        .regex(/^[A-Za-z_$][\w$]*(\(.*\))?$/, { error: "must be the name or the signature of a custom error" })
        .optional(),
      selector: z
        .string()
        .regex(/^0x[0-9a-fA-F]{8}$/, { error: "must be 0x and eight hexadecimal digits" })
        .transform((text) => text.toLowerCase())
        .optional(),
      message: z.string().min(1).max(256).optional(),
      oracle_required: z.boolean().optional(),
      unhealthy: z.boolean().optional(),
      contracts: z.array(z.enum(WATCHED_CONTRACTS)).min(1).optional(),
    }),
  )
  .transform((entries, context) => {
    const meanings = new Map(BUILT_IN);
    for (const [index, entry] of entries.entries()) {
      const known = meanings.get(entry.code);
      if (known === undefined) meanings.set(entry.code, meaningOf(entry));
      const faults = known === undefined ? newCodeFaults(entry, meanings.size) : meaningFaults(entry, known);
      for (const { key, message } of faults) context.addIssue({ code: "custom", path: [index, ...key], message });
    }
    const proofs = proofsOf([...meanings.keys()], entries);
    for (const { index, key, code } of proofs.clashes) {
      context.addIssue({ code: "custom", path: [index, key], message: `proves ${code} already` });
    }
    return [...meanings].map(([code, meaning]) => ({ ...meaning, ...proofs.of(code), code }));
  });

interface Entry {
  readonly code: ReasonCode;
  readonly error?: string | undefined;
  readonly selector?: string | undefined;
  readonly message?: string | undefined;
  readonly oracle_required?: boolean | undefined;
  readonly unhealthy?: boolean | undefined;
  readonly contracts?: readonly ContractName[] | undefined;
}

interface EntryFault {
  readonly key: readonly string[];
  readonly message: string;
}

function meaningOf({ oracle_required, unhealthy, contracts }: Entry): Meaning {
  return { oracleRequired: oracle_required ?? false, unhealthy: unhealthy ?? false, contracts: contracts ?? [] };
}

function newCodeFaults({ oracle_required }: Entry, codes: number): readonly EntryFault[] {
  const faults: EntryFault[] = [];
  if (oracle_required === undefined)
    faults.push({ key: [], message: "must say `oracle_required: true` or `false`, because the code is new" });
  if (codes > MOST_CODES) faults.push({ key: ["code"], message: `is one code too many: at most ${MOST_CODES} with the built-in ones` });
  return faults;
}

/** What was said first, or is built in, holds. */
function meaningFaults(entry: Entry, known: Meaning): readonly EntryFault[] {
  const faults: EntryFault[] = [];
  const never = `for ${entry.code}: a code is never re-meant`;
  if (entry.error === undefined && entry.selector === undefined && entry.message === undefined) {
    faults.push({ key: [], message: "must have `error`, `selector` or `message`: the code is known already" });
  }
  if (entry.oracle_required !== undefined && entry.oracle_required !== known.oracleRequired) {
    faults.push({ key: ["oracle_required"], message: `must be ${known.oracleRequired} ${never}` });
  }
  if (entry.unhealthy !== undefined && entry.unhealthy !== known.unhealthy) {
    faults.push({ key: ["unhealthy"], message: `must be ${known.unhealthy} ${never}` });
  }
  if (entry.contracts !== undefined && [...entry.contracts].sort().join() !== [...known.contracts].sort().join()) {
    faults.push({ key: ["contracts"], message: `must be left out ${never}` });
  }
  return faults;
}

const PROOFS = ["error", "selector", "message"] as const;
type ProofKind = (typeof PROOFS)[number];

interface Clash {
  readonly index: number;
  readonly key: ProofKind;
  readonly code: ReasonCode;
}

/** Who proves what: each spelling belongs to one code. */
function proofsOf(codes: readonly ReasonCode[], entries: readonly Entry[]) {
  const owners = new Map<string, ReasonCode>(
    codes.flatMap((code) => [[`error ${code}`, code] as const, [`message ${code}`, code] as const]),
  );
  const clashes: Clash[] = [];
  for (const [index, entry] of entries.entries()) {
    for (const key of PROOFS) {
      const spelling = entry[key];
      if (spelling === undefined) continue;
      const owner = owners.get(`${key} ${spelling}`);
      if (owner === undefined) owners.set(`${key} ${spelling}`, entry.code);
      else if (owner !== entry.code) clashes.push({ index, key, code: owner });
    }
  }
  const spellings = (code: ReasonCode, kind: ProofKind): readonly string[] =>
    [...owners].flatMap(([proof, owner]) => (owner === code && proof.startsWith(`${kind} `) ? [proof.slice(kind.length + 1)] : []));
  const of = (code: ReasonCode) => ({
    errors: spellings(code, "error"),
    selectors: spellings(code, "selector"),
    messages: spellings(code, "message"),
  });
  return { clashes, of };
}
