/** Tells a program that lacked a capability from one that failed otherwise, by what it wrote to stderr. */
import { about, RawshakeError, type Text } from '../../error.js';
import { privilegeHint } from '../namespace/user-namespace.js';

const REFUSED = /operation not permitted|permission denied|must be root|not allowed/i;

const ONLY_ADMIN: Text = {
  en: 'rules may be read and changed with CAP_NET_ADMIN only',
  zh: '只有具备 CAP_NET_ADMIN 才能读取和更改规则',
};

/** The error itself, or in its place RS_NO_PRIVILEGE with the command to paste. */
export function asNoPrivilege(error: RawshakeError): RawshakeError {
  if (error.code !== 'RS_COMMAND_FAILED' || error.stderr === undefined || !REFUSED.test(error.stderr)) return error;
  const [program = ''] = error.command ?? [];
  return new RawshakeError('RS_NO_PRIVILEGE', about(program, ONLY_ADMIN), {
    cause: error,
    hint: privilegeHint(),
    stderr: error.stderr,
    ...(error.command !== undefined && { command: error.command }),
  });
}
