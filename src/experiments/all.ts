/** All experiments, in the order in which they teach: those of one lab, and those that many handshakes take. */
import { backlogExperiment } from '../bulk/experiments/backlog.js';
import { conntrackExperiment } from '../bulk/experiments/conntrack.js';
import { acceptQueue } from '../lab/experiments/accept-queue.js';
import { adoptExperiment } from '../lab/experiments/adopt.js';
import { badChecksum } from '../lab/experiments/bad-checksum.js';
import { cookiesAlone } from '../lab/experiments/cookies-alone.js';
import { dummyBind } from '../lab/experiments/dummy-bind.js';
import type { AnyExperiment } from '../lab/experiments/experiment.js';
import { halfOpen } from '../lab/experiments/half-open.js';
import { ingressExperiment } from '../lab/experiments/ingress.js';
import { inputExperiment } from '../lab/experiments/input.js';
import { lateRst } from '../lab/experiments/late-rst.js';
import { lookupOrder } from '../lab/experiments/lookup-order.js';
import { nftExperiment } from '../lab/experiments/nft.js';
import { noAccept } from '../lab/experiments/no-accept.js';
import { noListen } from '../lab/experiments/no-listen.js';
import { ownerExperiment } from '../lab/experiments/owner.js';
import { rawAlone } from '../lab/experiments/raw-alone.js';
import { rawFiltered } from '../lab/experiments/raw-filtered.js';
import { rawListen } from '../lab/experiments/raw-listen.js';
import { recipes } from '../lab/experiments/recipes.js';
import { resetRules } from '../lab/experiments/reset-rules.js';
import { selfConnectAccident } from '../lab/experiments/self-connect-accident.js';
import { selfConnectNc } from '../lab/experiments/self-connect-nc.js';
import { selfConnect } from '../lab/experiments/self-connect.js';
import { simultaneousOpenRaw } from '../lab/experiments/simultaneous-open-raw.js';
import { simultaneousOpen } from '../lab/experiments/simultaneous-open.js';
import { spareAddressExperiment } from '../lab/experiments/spare-address.js';

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
