/** A small contract with one of everything, as the files of `contract/`. */
export const SAMPLE: Readonly<Record<string, string>> = {
  "shared.yaml": `file_format: definition/2
attributes:
  - { key: offing.fact.id, type: string, brief: The fact., stability: development }
  - key: signal
    brief: A signal.
    stability: development
    type:
      members:
        - { id: logs, value: logs, brief: Logs., stability: development }
        - { id: traces, value: traces, brief: Traces., stability: development }
metrics:
  - name: offing.queue.wait
    instrument: histogram
    unit: s
    brief: Time in the queue.
    stability: development
    attributes: [{ ref: signal, requirement_level: required }]
    annotations: { resource: process, buckets: [0.1, 1], prometheus: { name: offing_queue_wait_seconds } }
`,
  "chain.yaml": `file_format: definition/2
attributes:
  - key: reason_code
    brief: The reason.
    stability: stable
    type:
      members:
        - { id: missing, value: MISSING, brief: None there., stability: stable }
        - { id: unhealthy, value: UNHEALTHY, brief: Not well., stability: stable }
  - { key: evm.block.number, type: int, brief: Block number., stability: development }
metrics:
  - name: oracle.required.failures
    instrument: counter
    unit: "{failure}"
    brief: Blocked operations.
    stability: stable
    attributes: [{ ref: reason_code, requirement_level: required }]
    annotations:
      resource: ledger
      prometheus: { name: oracle_required_failures_total }
      ledger: { select: "SELECT reason_code, count(*) AS value FROM log WHERE seq <= :cursor GROUP BY reason_code" }
  - name: offing.chain.lag
    instrument: gauge
    unit: "{block}"
    brief: Blocks behind.
    stability: development
    attributes: []
    annotations: { resource: ledger, prometheus: { name: offing_chain_lag } }
spans:
  - type: offing.chain.operation
    kind: internal
    name: { note: chain.operation }
    brief: One call.
    stability: development
    attributes: [{ ref: offing.fact.id, requirement_level: required }, { ref: reason_code, requirement_level: opt_in }]
events:
  - name: offing.chain.operation.retracted
    brief: A call taken back.
    stability: development
    attributes: [{ ref: evm.block.number, requirement_level: required }, { ref: signal, requirement_level: recommended }]
    annotations: { severity: warn }
`,
  "errors.yaml": `file_format: definition/2
attributes:
  - key: error.type
    brief: A code.
    stability: development
    type:
      members:
        - { id: disk_full, value: DISK_FULL, brief: The disk is full., stability: development, annotations: { exit: 1, retry: later, hint: Make room. } }
        - { id: config_invalid, value: CONFIG_INVALID, brief: Faults., stability: development, annotations: { exit: 2, retry: never, hint: Mend it. } }
`,
};
