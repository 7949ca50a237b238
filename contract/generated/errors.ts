// Generated from contract/errors.yaml. DO NOT EDIT: run `./offing contract generate`.

/** The catalogue of error codes: exit code, whether a retry can help, and what mends it. */
export const ERRORS = {
  BACKEND_UNREACHABLE: { brief: "Prometheus, Loki or Tempo does not answer.", exit: 1, retry: "later", hint: "Start the stack with `./offing up`, or give its addresses in the configuration." },
  COLLECTOR_REFUSED: { brief: "The Collector refuses an item for good.", exit: 1, retry: "never", hint: "The item stands in dead_letters with the reason; the rest goes on." },
  COLLECTOR_UNREACHABLE: { brief: "The Collector does not answer.", exit: 1, retry: "later", hint: "Start the Collector; what waits in the ledger is sent when it is back." },
  CONFIG_INVALID: { brief: "The configuration has faults; all of them are listed.", exit: 2, retry: "never", hint: "Mend each listed place in the configuration file and start again." },
  CONFIG_NOT_FOUND: { brief: "The configuration file or a file it names is not there.", exit: 2, retry: "never", hint: "Check the path, or write the file: `offing.example.yaml` shows every key." },
  CONTRACT_BREAKING: { brief: "A released name was removed or re-typed without a deprecation.", exit: 1, retry: "never", hint: "Keep the name and mark it `deprecated`, or name the new thing differently." },
  CONTRACT_DRIFT: { brief: "Generated files differ from what the contract says.", exit: 1, retry: "never", hint: "Run `./offing contract generate` and commit the result." },
  CONTRACT_INVALID: { brief: "The naming contract breaks one of its own rules.", exit: 1, retry: "never", hint: "Mend the listed entries in contract/*.yaml and run `./offing contract generate`." },
  DEMO_FAILED: { brief: "The demo did not end with equal numbers.", exit: 1, retry: "later", hint: "Run again with --keep and look at the logs in .offing/." },
  LEDGER_FULL: { brief: "The disk under the ledger is full.", exit: 1, retry: "later", hint: "Make room on the disk; the emitter goes on by itself from the last committed batch." },
  LEDGER_LOCKED: { brief: "Another emitter writes to this ledger.", exit: 1, retry: "never", hint: "Stop the other emitter, or give this one a ledger of its own." },
  LEDGER_LOST: { brief: "This process lost the right to write to the ledger; another one took over.", exit: 1, retry: "never", hint: "Nothing was written twice. Start again only after the other emitter has stopped." },
  LEDGER_MISMATCH: { brief: "The ledger on disk was written for another schema, chain or emitter.", exit: 1, retry: "never", hint: "Point the configuration at the right ledger, or start a new one beside it." },
  LEDGER_REFUSED: { brief: "The ledger's database refuses a row or a statement, or a call breaks one of the ledger's rules.", exit: 1, retry: "never", hint: "The cause names the rule; nothing of this batch was written." },
  LEDGER_ROLE_NOT_FOUND: { brief: "The restricted writer role is missing in PostgreSQL and may not be created.", exit: 2, retry: "never", hint: "Ask the database's owner to create the role and grant it, as the message shows." },
  LEDGER_UNREACHABLE: { brief: "The ledger's database cannot be opened or does not answer.", exit: 1, retry: "later", hint: "Check that the database runs, the path is writable and the URL is right." },
  PORT_TAKEN: { brief: "A port that is needed is in use by another program.", exit: 1, retry: "later", hint: "Stop the program on that port, or choose other ports with OFFING_PORT_BASE." },
  RECONCILE_MISMATCH: { brief: "A backend's number differs from the ledger's.", exit: 1, retry: "never", hint: "The table names each difference; docs/runbooks/reconcile.md says how to mend it." },
  SOURCE_CHAIN_MISMATCH: { brief: "The endpoint serves another chain than the configured one.", exit: 2, retry: "never", hint: "Set `chain.chain_id` to the chain you mean, or `chain.rpc.urls` to an endpoint of it." },
  SOURCE_METHOD_REFUSED: { brief: "A source was asked for something outside its read-only allow-list.", exit: 1, retry: "never", hint: "Nothing was sent. This is a fault of Offing: report it with the message." },
  SOURCE_RESPONSE_INVALID: { brief: "A source answered with something that is not what was asked.", exit: 1, retry: "later", hint: "The endpoint is unhealthy or not what the configuration says; the emitter keeps trying." },
  SOURCE_UNREACHABLE: { brief: "A source of observations does not answer.", exit: 1, retry: "later", hint: "Check the endpoint's URL and that it is up; the emitter keeps trying." },
  STACK_FAILED: { brief: "A part of the local stack did not start or stopped by itself.", exit: 1, retry: "later", hint: "Read the part's log named in the message." },
  TOOL_BUILD_FAILED: { brief: "Building a tool of the stack failed.", exit: 1, retry: "later", hint: "Read the end of the build log named in the message." },
  TOOL_NOT_FOUND: { brief: "A program that is needed is not on this machine and could not be built.", exit: 1, retry: "never", hint: "Install the program named in the message, or set its OFFING_<TOOL>_BIN." },
  USAGE_INVALID: { brief: "The command line cannot be understood.", exit: 2, retry: "never", hint: "Run the command with --help." },
} as const;

/** One of the codes of contract/errors.yaml. */
export type ErrorCode = keyof typeof ERRORS;

/** Every code, in order. */
export const ERROR_CODES: readonly ErrorCode[] = [
  "BACKEND_UNREACHABLE",
  "COLLECTOR_REFUSED",
  "COLLECTOR_UNREACHABLE",
  "CONFIG_INVALID",
  "CONFIG_NOT_FOUND",
  "CONTRACT_BREAKING",
  "CONTRACT_DRIFT",
  "CONTRACT_INVALID",
  "DEMO_FAILED",
  "LEDGER_FULL",
  "LEDGER_LOCKED",
  "LEDGER_LOST",
  "LEDGER_MISMATCH",
  "LEDGER_REFUSED",
  "LEDGER_ROLE_NOT_FOUND",
  "LEDGER_UNREACHABLE",
  "PORT_TAKEN",
  "RECONCILE_MISMATCH",
  "SOURCE_CHAIN_MISMATCH",
  "SOURCE_METHOD_REFUSED",
  "SOURCE_RESPONSE_INVALID",
  "SOURCE_UNREACHABLE",
  "STACK_FAILED",
  "TOOL_BUILD_FAILED",
  "TOOL_NOT_FOUND",
  "USAGE_INVALID",
];
