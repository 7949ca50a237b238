import { readFields } from "#core/protobuf.ts";

/**
 * How many items a receiver's answer names as rejected.
 *
 * @throws RangeError when the answer is no message
 */
export function rejectedIn(answer: Buffer): number {
  let rejected = 0;
  for (const { field, value } of readFields(answer)) {
    if (field !== 1 || !Buffer.isBuffer(value)) continue;
    for (const inner of readFields(value)) if (inner.field === 1 && typeof inner.value === "bigint") rejected += Number(inner.value);
  }
  return rejected;
}

/** What a receiver says of its refusal: the message of a google.rpc.Status, or the text as it came. */
export function refusalIn({ contentType, body }: { readonly contentType: string; readonly body: Buffer }): string {
  if (!contentType.includes("protobuf")) return body.toString();
  try {
    for (const { field, value } of readFields(body)) if (field === 2 && Buffer.isBuffer(value)) return value.toString();
  } catch {
    // Something else than it says: there is nothing to tell.
  }
  return "";
}
