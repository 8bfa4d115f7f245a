/** The connection is handed to the kernel once it stands: the four-tuple has an owner, and no rule is left. tcp(7): TCP_REPAIR. */
import { handshakeExperiment } from '../handshake/handshake-experiment.js';
import { bilingual, claimsOf, textOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

export const adoptExperiment = handshakeExperiment({
  remedy: 'adopt',
  role: 'client',
  owner: 'ESTABLISHED',
  drops: 'resets',
  id: 'adopt',
  ...textOf(words),
  byHand: [],
  claims: claimsOf(words, { onlySenderOwns: 'wrong' }),
});
