/** One log, as `eth_getLogs` gives it, and by what it is found. */
export interface RecordedLog {
  readonly address: string;
  readonly topic: string;
  readonly json: string;
}

/** The logs of a block in one piece of memory: a recording has millions of them, and a collector of garbage would walk over each. */
export interface BlockLogs {
  /** The JSON of all of them, one after the other. */
  readonly bytes: Buffer;
  /** Where each one ends. */
  readonly ends: Uint32Array;
  readonly addresses: readonly string[];
  readonly topics: readonly string[];
}

/** What may be asked of logs; what is left out is not asked. */
export interface WantedLogs {
  readonly addresses?: ReadonlySet<string> | undefined;
  readonly topics?: ReadonlySet<string> | undefined;
}

/** Where each of the logs ends in their JSON. */
export function endsOf(logs: readonly RecordedLog[]): Uint32Array {
  let end = 0;
  return Uint32Array.from(logs, ({ json }) => {
    end += Buffer.byteLength(json);
    return end;
  });
}

/** The JSON of each wanted log of a block. */
export function* wantedOf({ bytes, ends, addresses, topics }: BlockLogs, wanted: WantedLogs): Generator<Buffer> {
  for (const [index, end] of ends.entries()) {
    if (!isIn(wanted.addresses, addresses[index]) || !isIn(wanted.topics, topics[index])) continue;
    yield bytes.subarray(ends[index - 1] ?? 0, end);
  }
}

function isIn(set: ReadonlySet<string> | undefined, value: string | undefined): boolean {
  return set === undefined || (value !== undefined && set.has(value));
}
