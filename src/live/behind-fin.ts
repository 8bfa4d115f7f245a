/** Text behind a FIN: no TCP sends any, so one of the two is not the other side's, and whoever took the FIN has not all. */
import type { Obstacle } from '../evidence/connection.js';

export const TEXT_BEHIND_FIN: Obstacle = {
  why: {
    en: 'text went on behind the FIN that was taken for the end: the FIN was forged, or the text was',
    zh: '在被视为结束的 FIN 之后仍有数据到来：二者之一是伪造的',
  },
  hint: {
    en: 'See who sent each: --pcap FILE keeps all packets, with their TTL and IP id; ask the other side how much it sent',
    zh: '请查看各自由谁发送：--pcap FILE 保存全部数据包及其 TTL 和 IP 标识；并向对方核实发送了多少数据',
  },
};
