/**
 * What a domain may ask of its nodes. Every method it lists only reads: nothing else ever leaves the process.
 *
 * @typeParam M - the names of its methods
 */
export interface MethodTable<M extends string> {
  readonly allowed: readonly M[];
  /** Methods of which several are asked for at one moment: those share an HTTP request as far as their answers are quick and short. */
  readonly together?: readonly M[];
  /** Methods that a node may lack, each with a question about nothing: a node that has the method answers something else than that it does not. */
  readonly optional: Readonly<Partial<Record<M, readonly unknown[]>>>;
  /** How an endpoint is asked which chain it serves, and whether its answer names the wanted one; undefined when it is no answer at all. */
  readonly identity: {
    readonly method: M;
    readonly params: readonly unknown[];
    readonly served: (result: unknown) => string | number | undefined;
  };
  /** How the first block or transaction of a chain is asked for: two chains may share an id. Left out where there is none. */
  readonly genesis?: { readonly method: M; readonly params: readonly unknown[]; readonly hash: (result: unknown) => string | undefined };
  /** How the newest block is asked for, to tell how far the endpoints are apart. */
  readonly head?: { readonly method: M; readonly params: readonly unknown[]; readonly number: (result: unknown) => number | undefined };
  /** A question that a node answers only when it still has the state of a block. */
  readonly archive?: (block: number) => RpcRequest<M>;
  /** The methods whose time nodes limit, and such a question about the newest block. */
  readonly tracing?: { readonly methods: readonly M[]; readonly probe: RpcRequest<M> };
}

/** One JSON-RPC request. */
export interface RpcRequest<M extends string> {
  readonly method: M;
  readonly params: readonly unknown[];
  /** A revert of what was asked to be executed is an answer, a `Reverted`, and no fault. */
  readonly mayRevert?: boolean;
  /**
   * Makes of the result what is wanted of it, the moment it is parsed; where left out it is wanted as it came.
   *
   * A result of many parts should not be handed on as it came: a request that took long is old to the garbage collector, and what old things
   * hold is kept, and moved, long after anybody reads it.
   */
  readonly read?: (result: unknown) => unknown;
}
