/** What every raw descriptor of this process needs: options set by number, a filter attached, its bytes read. */
import { SO_ATTACH_FILTER, SO_LINGER, SOL_SOCKET } from './constants.js';
import { addressOf, libc } from './libc.js';

/** Sets an integer socket option. */
export function setOption(fd: number, level: number, option: number, value: number): void {
  libc('setsockopt', fd, level, option, Int32Array.of(value), 4);
}

/** To close the socket is to reset its connection. socket(7), SO_LINGER. */
export function setNoLinger(fd: number): void {
  const linger = Int32Array.of(1, 0); // struct linger: on, for no time
  libc('setsockopt', fd, SOL_SOCKET, SO_LINGER, linger, linger.byteLength);
}

/** One instruction of classic BPF: opcode, jump if true, jump if false, operand. `<linux/filter.h>` sock_filter. */
export type BpfInstruction = readonly [code: number, jt: number, jf: number, k: number];

/** Lets only the packets through for which the program returns more than 0. The kernel copies the program. */
export function attachFilter(fd: number, program: readonly BpfInstruction[]): void {
  const code = new ArrayBuffer(8 * program.length);
  const view = new DataView(code);
  program.forEach(([opcode, jt, jf, k], i) => {
    view.setUint16(8 * i, opcode, true);
    view.setUint8(8 * i + 2, jt);
    view.setUint8(8 * i + 3, jf);
    view.setUint32(8 * i + 4, k, true);
  });
  const header = new DataView(new ArrayBuffer(16)); // sock_fprog: u16 length, pointer
  header.setUint16(0, program.length, true);
  header.setBigUint64(8, addressOf(code), true);
  libc('setsockopt', fd, SOL_SOCKET, SO_ATTACH_FILTER, header, 16);
}
