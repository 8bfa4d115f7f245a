/** All remedies, in the order in which `compare` shows them. */
import type { RemedyId } from '../../evidence/run.js';
import { adopt } from './adopt.js';
import { dummyBind } from './dummy-bind.js';
import { ingress } from './ingress.js';
import { input } from './input.js';
import { iptables } from './iptables.js';
import { nft } from './nft.js';
import { none } from './none.js';
import { owner } from './owner.js';
import type { Remedy } from './remedy.js';
import { spareAddress } from './spare-address.js';

export const REMEDIES: Readonly<Record<RemedyId, Remedy>> = {
  none,
  iptables,
  nft,
  owner,
  input,
  ingress,
  'spare-address': spareAddress,
  adopt,
  'dummy-bind': dummyBind,
};

export const REMEDY_IDS = Object.keys(REMEDIES) as readonly RemedyId[];
