import type { Fault } from "#core/config/place.ts";
import { type ContractFiles, ERRORS_DOMAIN, faultAt } from "../files.ts";

const CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/u;

/** What an error code may end in, so that codes of one kind read alike. */
const ENDINGS = [
  "NOT_FOUND",
  "OUT_OF_RANGE",
  "UNREACHABLE",
  "INVALID",
  "REFUSED",
  "MISMATCH",
  "LOCKED",
  "LOST",
  "FULL",
  "TAKEN",
  "FAILED",
  "DRIFT",
  "BREAKING",
];

/** `errors.yaml` holds the members of `error.type` and nothing else; other files hold no error codes. */
export function errorRules(files: ContractFiles): readonly Fault[] {
  const strangers = [...files.metrics, ...files.spans, ...files.events].filter(({ domain }) => domain === ERRORS_DOMAIN);
  return [
    ...strangers.map((entry) => faultAt(entry, [], "does not belong into errors.yaml, which holds the attribute `error.type` only")),
    ...files.attributes.flatMap((entry) => (entry.domain === ERRORS_DOMAIN ? errorCodes(entry) : plainMembers(entry))),
  ];
}

function errorCodes(entry: ContractFiles["attributes"][number]): readonly Fault[] {
  const { key, type } = entry.value;
  if (key !== "error.type" || typeof type === "string") return [faultAt(entry, ["key"], "must be `error.type` with its codes as members")];
  return type.members.flatMap(({ id, value, annotations }, index) => {
    const at = (field: string, message: string): Fault => faultAt(entry, ["type", "members", index, field], message);
    const faults: Fault[] = [];
    if (!CODE.test(value)) faults.push(at("value", `\`${value}\` must be SCREAMING_SNAKE of at least two words`));
    else if (!ENDINGS.some((ending) => value.endsWith(`_${ending}`)) && !value.includes("_MUST_BE_")) {
      faults.push(at("value", `\`${value}\` must end in one of ${ENDINGS.map((ending) => `_${ending}`).join(", ")}, or hold _MUST_BE_`));
    }
    if (id !== value.toLowerCase()) faults.push(at("id", `\`${id}\` must be its code in lower case`));
    if (annotations === undefined) faults.push(at("annotations", "an error code needs `exit`, `retry` and `hint`"));
    return faults;
  });
}

function plainMembers(entry: ContractFiles["attributes"][number]): readonly Fault[] {
  if (typeof entry.value.type === "string") return [];
  return entry.value.type.members.flatMap(({ annotations }, index) =>
    annotations === undefined ? [] : [faultAt(entry, ["type", "members", index, "annotations"], "belongs to error codes only")],
  );
}
