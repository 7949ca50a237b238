/** A function of the watched contracts that users call. */
export type Action = "mint" | "redeem" | "executeBuyback";

/** How a call reaches its contract: straight, through the router, or through the router's `try` that swallows a revert. */
export type Via = "direct" | "router" | "try";

/** A user asks a watched contract to do something. */
export interface OperateCall {
  readonly kind: "operate";
  readonly action: Action;
  readonly via: Via;
  /** In the token's smallest unit. */
  readonly amount: bigint;
  /** Which of the world's users sends it. */
  readonly user: number;
}

/** Everything that can be sent to the world's contracts. */
export type Call =
  | OperateCall
  | { readonly kind: "starve"; readonly action: Action; readonly user: number }
  | { readonly kind: "impostor"; readonly user: number }
  | { readonly kind: "setOracle"; readonly module: "PSM" | "BUYBACK_VAULT"; readonly present: boolean }
  | { readonly kind: "setHealthy"; readonly healthy: boolean }
  | { readonly kind: "setStrategy"; readonly present: boolean };

/** What a user's call may choose: user 0, 100 tokens and the straight way when left out. */
export interface CallOptions {
  readonly user?: number;
  readonly amount?: bigint;
  readonly via?: Via;
}

/** One token in its smallest unit. */
export const TOKEN: bigint = 10n ** 18n;

/** How much collateral the PSM takes at most. */
export const PSM_CAP: bigint = 10n ** 9n * TOKEN;

/** A user mints at the PSM. */
export function mint(options: CallOptions = {}): OperateCall {
  return operate("mint", options);
}

/** A user redeems at the PSM. */
export function redeem(options: CallOptions = {}): OperateCall {
  return operate("redeem", options);
}

/** A user executes a buyback at the vault. */
export function buyback(options: CallOptions = {}): OperateCall {
  return operate("executeBuyback", options);
}

/** The router calls for a user and passes a revert on. */
export function viaRouter(action: Action, options: Omit<CallOptions, "via"> = {}): OperateCall {
  return operate(action, { ...options, via: "router" });
}

/** The router calls for a user and swallows a revert: the transaction succeeds either way. */
export function swallowed(action: Action, options: Omit<CallOptions, "via"> = {}): OperateCall {
  return operate(action, { ...options, via: "try" });
}

/** A redemption of more than is held: the plain revert `InsufficientCollateral(available, required)`. */
export function redeemTooMuch(options: Omit<CallOptions, "amount"> = {}): OperateCall {
  return operate("redeem", { ...options, amount: PSM_CAP + 1n });
}

/** A mint above the cap: the revert `MintCapExceeded`, which the configured ABI does not list. */
export function mintTooMuch(options: Omit<CallOptions, "amount"> = {}): OperateCall {
  return operate("mint", { ...options, amount: PSM_CAP + 1n });
}

/** A call whose gas ends before the contract can say why: a failure without revert bytes. */
export function starve(action: Action, options: { readonly user?: number } = {}): Call {
  return { kind: "starve", action, user: options.user ?? 0 };
}

/** A user calls a foreign contract that reverts with the bytes of `PSM_ORACLE_MISSING()`; no watched contract takes part. */
export function callImpostor(options: { readonly user?: number } = {}): Call {
  return { kind: "impostor", user: options.user ?? 0 };
}

/** Governance takes the PSM's oracle away: `PSM_ORACLE_MISSING` from now on. */
export const breakPsmOracle: Call = { kind: "setOracle", module: "PSM", present: false };

/** Governance gives the PSM its oracle back. */
export const restorePsmOracle: Call = { kind: "setOracle", module: "PSM", present: true };

/** Governance takes the vault's oracle away: `BUYBACK_ORACLE_REQUIRED` from now on. */
export const breakVaultOracle: Call = { kind: "setOracle", module: "BUYBACK_VAULT", present: false };

/** Governance gives the vault its oracle back. */
export const restoreVaultOracle: Call = { kind: "setOracle", module: "BUYBACK_VAULT", present: true };

/** The oracle declares itself unhealthy: `BUYBACK_ORACLE_UNHEALTHY` from now on. */
export const oracleUnhealthy: Call = { kind: "setHealthy", healthy: false };

/** The oracle declares itself healthy. */
export const oracleHealthy: Call = { kind: "setHealthy", healthy: true };

/** Governance makes the impostor the vault's strategy: buybacks now revert with another contract's reason from a foreign frame. */
export const hireImpostor: Call = { kind: "setStrategy", present: true };

/** Governance takes the strategy away again. */
export const dismissImpostor: Call = { kind: "setStrategy", present: false };

function operate(action: Action, { user = 0, amount = 100n * TOKEN, via = "direct" }: CallOptions): OperateCall {
  return { kind: "operate", action, via, amount, user };
}
