import { createServer } from "node:net";
import { expect, test } from "vitest";
import { isLoopback, parseListeners, readListeners, socketsOf } from "./listeners.ts";

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2382 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 00000000:0C1C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 100 0 0 10 0
   2: 0100007F:2382 0100007F:C0DE 01 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:0BB8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0
   1: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0
   2: 0000000000000000FFFF00000100007F:0BB8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3 1 0
   3: B80D01200000000000000000EFBEADDE:0BB8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4 1 0
`;

test("listeners are read from the kernel's tables, connections are not", () => {
  expect(parseListeners(TCP)).toEqual([
    { address: "127.0.0.1", port: 9090, inode: "4711" },
    { address: "0.0.0.0", port: 3100, inode: "4712" },
  ]);
  expect(parseListeners(TCP6).map(({ address }) => address)).toEqual(["::1", "::", "::ffff:127.0.0.1", "2001:db8::dead:beef"]);
});

test("only what this machine alone can reach is loopback", () => {
  const all = [...parseListeners(TCP), ...parseListeners(TCP6)].map(({ address }) => address);
  expect(all.filter(isLoopback)).toEqual(["127.0.0.1", "::1", "::ffff:127.0.0.1"]);
});

const CANNOT_LIST = readListeners() === null;
if (CANNOT_LIST) process.stderr.write("skipped: this machine's own listeners, because the system does not list them under /proc\n");
test.skipIf(CANNOT_LIST)("a server of this process is found by its socket", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const own = (readListeners() ?? []).filter(({ inode }) => socketsOf(process.pid).has(inode));
    expect(own).toContainEqual(expect.objectContaining({ address: "127.0.0.1", port }));
  } finally {
    server.close();
  }
});
