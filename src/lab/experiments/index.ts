/** All experiments, in the order in which they teach. */
import type { AnyExperiment } from './experiment.js';
import { acceptQueue } from './accept-queue.js';
import { halfOpen } from './half-open.js';
import { lookupOrder } from './lookup-order.js';
import { noAccept } from './no-accept.js';
import { selfConnectAccident } from './self-connect-accident.js';
import { selfConnectNc } from './self-connect-nc.js';
import { selfConnect } from './self-connect.js';
import { simultaneousOpenRaw } from './simultaneous-open-raw.js';
import { simultaneousOpen } from './simultaneous-open.js';

export const EXPERIMENTS: readonly AnyExperiment[] = [
  lookupOrder,
  selfConnect,
  selfConnectNc,
  selfConnectAccident,
  simultaneousOpen,
  simultaneousOpenRaw,
  halfOpen,
  acceptQueue,
  noAccept,
];
