import type { Fault } from "#core/config/place.ts";
import { nearest } from "#core/config/zod-faults.ts";
import { type ContractFiles, type Entry, ERRORS_DOMAIN, faultAt } from "../files.ts";
import { lookUp } from "../resolve.ts";
import type { Deprecation, ReferenceShape } from "../shape.ts";

/** What an entry names is there, and named once. */
export function referenceRules(files: ContractFiles): readonly Fault[] {
  return [
    ...[...files.metrics, ...files.spans, ...files.events].flatMap((entry) => attributeReferences(entry, files)),
    ...renamed(files.attributes, ({ key }) => key),
    ...renamed(files.metrics, ({ name }) => name),
    ...renamed(files.spans, ({ type }) => type),
    ...renamed(files.events, ({ name }) => name),
    ...files.attributes.flatMap(renamedMembers),
  ];
}

function attributeReferences(entry: Entry<{ readonly attributes: readonly ReferenceShape[] }>, files: ContractFiles): readonly Fault[] {
  const byKey = Map.groupBy(files.attributes, ({ value }) => value.key);
  const known = files.attributes
    .filter(({ domain }) => [entry.domain, "shared", ERRORS_DOMAIN].includes(domain))
    .map(({ value }) => value.key);
  const refs = entry.value.attributes.map(({ ref }) => ref);
  return refs.flatMap((ref, index) => {
    const path = ["attributes", index, "ref"];
    if (refs.indexOf(ref) < index) return [faultAt(entry, path, `\`${ref}\` is named twice`)];
    if (lookUp(byKey.get(ref), entry.domain) !== undefined || files.broken.has(ref)) return [];
    const near = nearest(ref, known);
    const mend = near === undefined ? "define it in this file or in shared.yaml" : `did you mean \`${near}\`?`;
    return [faultAt(entry, path, `\`${ref}\` is no attribute that this file can name; ${mend}`)];
  });
}

function renamed<T extends { readonly deprecated?: Deprecation | undefined }>(
  entries: readonly Entry<T>[],
  nameOf: (value: T) => string,
): readonly Fault[] {
  const names = new Set(entries.map(({ value }) => nameOf(value)));
  return entries.flatMap((entry) => {
    const target = entry.value.deprecated?.renamed_to;
    const isThere = target === undefined || (names.has(target) && target !== nameOf(entry.value));
    return isThere ? [] : [faultAt(entry, ["deprecated", "renamed_to"], `names \`${target}\`, which is not there`)];
  });
}

function renamedMembers(entry: ContractFiles["attributes"][number]): readonly Fault[] {
  if (typeof entry.value.type === "string") return [];
  const { members } = entry.value.type;
  return members.flatMap(({ deprecated, value }, index) => {
    const target = deprecated?.renamed_to;
    const isThere = target === undefined || members.some((other) => other.value === target && other.value !== value);
    return isThere
      ? []
      : [faultAt(entry, ["type", "members", index, "deprecated", "renamed_to"], `names \`${target}\`, which is not there`)];
  });
}
