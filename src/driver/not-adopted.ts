/** The refusal to give a connection to the kernel. */
import { RawshakeError, type Text } from '../error.js';

export const notAdopted = (why: string, hint: Text): RawshakeError =>
  new RawshakeError('RS_NOT_ADOPTED', `adopt: ${why}`, { hint });
