import type { Json } from "#core/fact.ts";
import type { DeadLetter } from "#core/ledger/ledger.ts";
import type { Delivery } from "#core/otlp.ts";
import { requestFrom } from "#core/otlp-decode.ts";
import { encodeRequest, type OtlpSignal } from "#core/otlp-proto.ts";
import type { Attributes } from "#core/signal.ts";

/**
 * The dead letters of a delivery: each item that was refused for good, with the receiver's reason, as an export request in OTLP's JSON
 * mapping. Once its cause is mended, it can be posted as it stands.
 */
export function refusedLetters(signal: OtlpSignal, resource: Attributes, { dead }: Pick<Delivery, "dead">): DeadLetter[] {
  return dead.map(({ item, reason }) => ({
    origin: "projector",
    reason: "collector_refused",
    item: { signal, reason, request: requestFrom(`/v1/${signal}`, encodeRequest(signal, resource, [item])) as Json },
  }));
}
