/** What a server that is flooded says of itself, in one line. */
import type { Text } from '../error.js';
import type { Pressure } from '../driver/listen-options.js';
import { grouped } from '../report/grouped.js';

/** `count`: how often so far. */
export function pressureText(pressure: Pressure, count: number): Text {
  const n = grouped(count);
  switch (pressure) {
    case 'syn-cookie':
      return {
        en: `half-open connections at the bound: SYN cookies answer, ${n} so far`,
        zh: `半开连接已达上限：由 SYN cookie 应答，至今 ${n} 次`,
      };
    case 'syn-dropped':
      return {
        en: `half-open connections at the bound: SYNs are dropped, ${n} so far`,
        zh: `半开连接已达上限：SYN 被丢弃，至今 ${n} 次`,
      };
    case 'connection-dropped':
      return {
        en: `connections at the bound: new ones are dropped, ${n} packets so far`,
        zh: `连接数已达上限：新连接被丢弃，至今 ${n} 个报文`,
      };
    case 'look-up-withheld':
      return {
        en: `too many new flows to ask for each whether it is the kernel's: those not asked for are dropped, ${n} packets so far`,
        zh: `新连接太多，无法逐一查询是否属于内核：未查询的被丢弃，至今 ${n} 个报文`,
      };
    case 'reset-withheld':
      return {
        en: `many segments belong to no connection: not each is answered by RST, ${n} were not so far`,
        zh: `大量报文段不属于任何连接：并非每个都以 RST 应答，至今 ${n} 个未应答`,
      };
  }
}
