/** Prints the megabytes that a process takes at most, with as many handshakes in flight as the argument says. */
import { manyHandshakes } from '../../src/bulk/index.js';
import { createLab } from '../../src/lab/lab.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';

const window = Number(process.argv[2]);
const lab = createLab();
// Half-open connections that keep no state: what is measured is this side, and the server does not repeat SYN/ACKs.
setSysctls(lab.server.netns, { 'net.ipv4.tcp_syncookies': 2 });
const bulk = manyHandshakes(lab, { count: 2 * window, window });
let most = 0;
for await (const { started, finished } of bulk) most = Math.max(most, started - finished);
const { complete } = await bulk.summary;
if (!complete || most < window) throw new Error(`complete: ${complete}, at most ${most} in flight`);
lab.close();
process.stdout.write(`${process.resourceUsage().maxRSS / 1000}\n`);
