/** What the running kernel has not: built without it, older than it, or told at its start to do without. */
import { about, RawshakeError, type Text } from '../../error.js';

/** @param message `WHAT: WHY` */
export const notInKernel = (message: Text, cause?: unknown): RawshakeError =>
  new RawshakeError('RS_NOT_IN_KERNEL', message, {
    cause,
    hint: {
      en: 'It takes another kernel, or other parameters at its start: uname -r; cat /proc/cmdline',
      zh: '这需要另一个内核，或不同的内核启动参数：uname -r; cat /proc/cmdline',
    },
  });

/** Of a part that has a name. */
export const kernelHasNo = (name: string): Text => about(name, { en: 'this kernel has none', zh: '这个内核没有' });
