/**
 * A lab tool, not a weapon: the engine sends into namespaces that this process made, and nowhere else. This is the check,
 * and there is no way around it: no address can be given, a lab is known by being the object that `createLab` returned, and
 * each socket is asked, once it is open, in which namespace it is.
 */
import { about, RawshakeError, type Text } from '../error.js';
import { isOpenLab, type Lab } from '../lab/lab.js';
import { isInNamespaceMadeHere } from '../linux/namespace/netns.js';

/** @throws {RawshakeError} RS_NOT_A_LAB */
export function requireOwnLab(lab: Lab): void {
  if (!isOpenLab(lab))
    throw notALab({ en: 'this is not an open lab of this process', zh: '这不是本进程打开的实验环境' });
}

/** @throws {RawshakeError} RS_NOT_A_LAB where the socket is in a namespace that this process did not make */
export function requireInLab(socket: number): void {
  if (!isInNamespaceMadeHere(socket))
    throw notALab({
      en: 'the socket is in a network that this process did not make',
      zh: '套接字所在的网络不是本进程创建的',
    });
}

/** A lab that was closed while a run was under way in it. */
export const labClosed = (): RawshakeError =>
  notALab({ en: 'the lab was closed in the middle of the run', zh: '实验环境在运行途中被关闭' });

const notALab = (why: Text): RawshakeError =>
  new RawshakeError('RS_NOT_A_LAB', about('bulk', about({ en: 'refused', zh: '已拒绝' }, why)), {
    hint: {
      en: 'Many handshakes at once are made in a private lab only: pass what createLab() returned, and keep it open.',
      zh: '大量握手只能在私有实验环境中进行：请传入 createLab() 返回的对象，并保持其未关闭。',
    },
  });
