// ipx as its documentation serves a folder: ipx.mjs <folder>. Prints its base URL.

import { createServer } from "node:http";
import { createIPX, createIPXNodeServer, ipxFSStorage } from "ipx";

const server = createServer(createIPXNodeServer(createIPX({ storage: ipxFSStorage({ dir: process.argv[2] }) })));
// Clients keep their connections while the other side works.
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
