/** All remedies, in the order in which `compare` shows them. */
import type { RemedyId } from '../../evidence/run.js';
import { iptables } from './iptables.js';
import { nft } from './nft.js';
import { none } from './none.js';
import type { Remedy } from './remedy.js';

export const REMEDIES: Readonly<Record<RemedyId, Remedy>> = { none, iptables, nft };

export const REMEDY_IDS = Object.keys(REMEDIES) as readonly RemedyId[];
