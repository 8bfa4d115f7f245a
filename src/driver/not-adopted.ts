/** The refusal to give a connection to the kernel. */
import { about, RawshakeError, type Text } from '../error.js';

export const notAdopted = (why: Text, hint: Text): RawshakeError =>
  new RawshakeError('RS_NOT_ADOPTED', about('adopt', why), { hint });

/** What the port carries does not go through a kernel that could carry it on. */
export const noKernelBehind = (): RawshakeError =>
  notAdopted(
    { en: 'no kernel receives what this port carries', zh: '没有内核接收这个端口所传的报文' },
    {
      en: 'Use a port that `openPort` opened, without faults and for an address that the host owns.',
      zh: '请使用 `openPort` 打开的端口，不加故障，且地址属于本机。',
    },
  );

export const adoptionUnderWay = (): RawshakeError =>
  notAdopted({ en: 'it is under way', zh: '正在进行' }, { en: 'Call adopt() once.', zh: 'adopt() 只需调用一次。' });
