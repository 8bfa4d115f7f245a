/** The line to paste that drops exactly the RSTs that a kernel makes for a connection. */
import type { Flow } from '../wire/flow.js';
import { planFilter, type Backend } from './plan.js';
import { shellLine } from './shell.js';

/** @throws {RawshakeError} RS_USAGE for what can be no filter's connection, such as one with port 0 */
export const exactRule = (flow: Flow, backend: Backend = 'iptables'): string =>
  planFilter({ flow, backend, comment: 'rawshake:by-hand' }).commands.map(shellLine).join('; ');
