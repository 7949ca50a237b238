import { createConfig } from "ponder";

const { BENCH_RPC_URL, BENCH_POSTGRES_URL, BENCH_PSM, BENCH_VAULT, BENCH_BLOCKS, BENCH_TRACES } = process.env;
const shared = { chain: "bench", startBlock: 1, endBlock: Number(BENCH_BLOCKS), includeCallTraces: BENCH_TRACES === "1" } as const;

// Ponder's fastest documented settings: PostgreSQL instead of the embedded database, no rate limit, wide log ranges, no receipts that nobody reads.
export default createConfig({
  database: { kind: "postgres", connectionString: BENCH_POSTGRES_URL },
  chains: { bench: { id: 31_337, rpc: BENCH_RPC_URL, maxRequestsPerSecond: 100_000, ethGetLogsBlockRange: 2_000 } },
  contracts: {
    PSM: {
      ...shared,
      address: BENCH_PSM as `0x${string}`,
      abi: [
        { type: "function", name: "mint", stateMutability: "nonpayable", inputs: [{ name: "amount", type: "uint256" }], outputs: [] },
        { type: "function", name: "redeem", stateMutability: "nonpayable", inputs: [{ name: "amount", type: "uint256" }], outputs: [] },
        { type: "event", name: "Minted", inputs: [{ name: "user", type: "address", indexed: true }, { name: "amount", type: "uint256" }] },
        { type: "event", name: "Redeemed", inputs: [{ name: "user", type: "address", indexed: true }, { name: "amount", type: "uint256" }] },
      ],
    },
    VAULT: {
      ...shared,
      address: BENCH_VAULT as `0x${string}`,
      abi: [
        { type: "function", name: "executeBuyback", stateMutability: "nonpayable", inputs: [{ name: "amount", type: "uint256" }], outputs: [] },
        { type: "event", name: "BoughtBack", inputs: [{ name: "user", type: "address", indexed: true }, { name: "amount", type: "uint256" }] },
      ],
    },
  },
});
