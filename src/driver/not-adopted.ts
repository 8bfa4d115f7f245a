/** The refusal to give a connection to the kernel. */
import { RawshakeError, type Text } from '../error.js';

export const notAdopted = (why: string, hint: Text): RawshakeError =>
  new RawshakeError('RS_NOT_ADOPTED', `adopt: ${why}`, { hint });

/** What the port carries does not go through a kernel that could carry it on. */
export const noKernelBehind = (): RawshakeError =>
  notAdopted('no kernel receives what this port carries', {
    en: 'Use a port that `openPort` opened, without faults and for an address that the host owns.',
    zh: '请使用 `openPort` 打开的端口，不加故障，且地址属于本机。',
  });
