/** All experiments, in the order in which they teach: those of one lab, and those that many handshakes take. */
import { backlogExperiment } from './backlog/backlog.js';
import { conntrackExperiment } from './conntrack/conntrack.js';
import { acceptQueue } from './accept-queue/accept-queue.js';
import { adoptExperiment } from './adopt/adopt.js';
import { badChecksum } from './bad-checksum/bad-checksum.js';
import { cookiesAlone } from './cookies-alone/cookies-alone.js';
import { dummyBind } from './dummy-bind/dummy-bind.js';
import type { AnyExperiment } from './experiment.js';
import { halfOpen } from './half-open/half-open.js';
import { ingressExperiment } from './ingress/ingress.js';
import { inputExperiment } from './input/input.js';
import { lateRst } from './late-rst/late-rst.js';
import { lookupOrder } from './lookup-order/lookup-order.js';
import { nftExperiment } from './nft/nft.js';
import { noAccept } from './no-accept/no-accept.js';
import { noListen } from './no-listen/no-listen.js';
import { ownerExperiment } from './owner/owner.js';
import { rawAlone } from './raw-alone/raw-alone.js';
import { rawFiltered } from './raw-filtered/raw-filtered.js';
import { rawListen } from './raw-listen/raw-listen.js';
import { recipes } from './recipes/recipes.js';
import { resetRules } from './reset-rules/reset-rules.js';
import { selfConnectAccident } from './self-connect-accident/self-connect-accident.js';
import { selfConnectNc } from './self-connect-nc/self-connect-nc.js';
import { selfConnect } from './self-connect/self-connect.js';
import { simultaneousOpenRaw } from './simultaneous-open-raw/simultaneous-open-raw.js';
import { simultaneousOpen } from './simultaneous-open/simultaneous-open.js';
import { spareAddressExperiment } from './spare-address/spare-address.js';

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
  recipes,
  nftExperiment,
  ownerExperiment,
  spareAddressExperiment,
  inputExperiment,
  ingressExperiment,
  adoptExperiment,
  selfConnect,
  selfConnectNc,
  selfConnectAccident,
  simultaneousOpen,
  simultaneousOpenRaw,
  halfOpen,
  acceptQueue,
  backlogExperiment,
  noAccept,
  conntrackExperiment,
];
