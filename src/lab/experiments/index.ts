/** All experiments, in the order in which they teach. */
import { adoptExperiment } from './adopt.js';
import { badChecksum } from './bad-checksum.js';
import { cookiesAlone } from './cookies-alone.js';
import { dummyBind } from './dummy-bind.js';
import type { AnyExperiment } from './experiment.js';
import { halfOpen } from './half-open.js';
import { ingressExperiment } from './ingress.js';
import { lateRst } from './late-rst.js';
import { lookupOrder } from './lookup-order.js';
import { nftExperiment } from './nft.js';
import { noAccept } from './no-accept.js';
import { noListen } from './no-listen.js';
import { rawAlone } from './raw-alone.js';
import { rawFiltered } from './raw-filtered.js';
import { rawListen } from './raw-listen.js';
import { resetRules } from './reset-rules.js';
import { selfConnectAccident } from './self-connect-accident.js';
import { selfConnectNc } from './self-connect-nc.js';
import { selfConnect } from './self-connect.js';
import { simultaneousOpenRaw } from './simultaneous-open-raw.js';
import { simultaneousOpen } from './simultaneous-open.js';
import { spareAddressExperiment } from './spare-address.js';

export const EXPERIMENTS: readonly AnyExperiment[] = [
  noListen,
  lookupOrder,
  resetRules,
  badChecksum,
  rawAlone,
  rawFiltered,
  rawListen,
  dummyBind,
  cookiesAlone,
  lateRst,
  nftExperiment,
  spareAddressExperiment,
  ingressExperiment,
  adoptExperiment,
  selfConnect,
  selfConnectNc,
  selfConnectAccident,
  simultaneousOpen,
  simultaneousOpenRaw,
  halfOpen,
  noAccept,
];
