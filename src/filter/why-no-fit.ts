/** Why a condition of a rule is not true of the segments that the rule is to drop, in its own words. */
import type { Text } from '../error.js';
import { endpoint } from '../wire/flow.js';
import type { JudgedRule, RuleMatch } from './judged-rule.js';
import { fitOf, type KindOfSegment } from './match-fit.js';

/** One sentence without its full stop. `aim`: what the rule is to drop. */
export function whyNoFit(match: RuleMatch, aim: KindOfSegment, rule: JudgedRule): Text {
  const { words } = match;
  const it = aim.inbound ? ARRIVING : RESET;
  const nft = rule.backend === 'nft';
  switch (match.kind) {
    case 'protocol':
      return { en: `${words} is not TCP`, zh: `${words} 不是 TCP` };
    case 'src':
    case 'dst':
    case 'srcPort':
    case 'dstPort': {
      const way = {
        en: `${it.en} goes from ${from(aim)} to ${to(aim)}`,
        zh: `${it.zh}从 ${from(aim)} 发往 ${to(aim)}`,
      };
      return fitOf(match, reversed(aim), rule) === 'always'
        ? { en: `${words} is the wrong way round: ${way.en}`, zh: `${words} 方向反了：${way.zh}` }
        : {
            en: `${words} is another ${isPort(match) ? 'port' : 'address'}: ${way.en}`,
            zh: `${words} 不对：${way.zh}`,
          };
    }
    case 'flags': {
      const any = nft ? 'tcp flags rst' : '--tcp-flags RST RST';
      return aim.inbound
        ? { en: `${words} does not fit all that is answered`, zh: `${words} 并不匹配所有会被回应的报文段` }
        : {
            en: `the kernel sends R to a segment with ACK and R. to one without, and ${words} does not match both; ${any} does`,
            zh: `内核对带 ACK 的报文段回 R，对不带的回 R.，${words} 并不两者都匹配；${any} 则可以`,
          };
    }
    case 'mark':
      return {
        en: `the kernel's RST carries no mark (its mark is 0), so ${words} does not match it`,
        zh: `内核的 RST 没有标记（标记为 0），${words} 不会匹配它`,
      };
    case 'owner':
      return ownerWords(match, aim, nft);
    case 'in':
    case 'out':
      return linkWords(match, aim, it);
    case 'state':
      return rule.beforeConntrack
        ? {
            en: `before connection tracking (raw) no packet has a state yet, so ${words} is not true of any`,
            zh: `在连接跟踪之前（raw）报文还没有状态，${words} 不会成立`,
          }
        : {
            en: `to connection tracking ${it.en} belongs to the connection that the SYN began (ESTABLISHED), so ${words} is not true of it`,
            zh: `在连接跟踪看来，${it.zh}属于 SYN 开始的连接（ESTABLISHED），${words} 不成立`,
          };
    case 'time':
      return {
        en: `${words} holds at certain times only, which are UTC unless it says otherwise, and not all the while now`,
        zh: `${words} 只在特定时间生效（除非另有说明，按 UTC 计），现在并非一直如此`,
      };
    case 'string':
      return {
        en: `${words} looks for a text in the packet, and a RST of the kernel carries no data`,
        zh: `${words} 在报文中查找文本，而内核的 RST 不带数据`,
      };
    case 'limit':
      return {
        en: `${words} matches only so many packets, and those beyond the limit go on`,
        zh: `${words} 只匹配有限数量的报文，超出部分照样通过`,
      };
    case 'other':
      return {
        en: `${words} may not be true of ${it.en}; try without it`,
        zh: `${words} 可能不匹配${it.zh}；请去掉再试`,
      };
  }
}

const RESET: Text = { en: "the kernel's RST", zh: '内核的 RST' };
const ARRIVING: Text = { en: 'what the peer sends', zh: '对方发来的报文' };

const isPort = ({ kind }: RuleMatch): boolean => kind === 'srcPort' || kind === 'dstPort';

const end = (address: string, port: number | undefined): string =>
  port === undefined ? address : endpoint(address, port);

const from = ({ src, srcPort }: KindOfSegment): string => end(src, srcPort);
const to = ({ dst, dstPort }: KindOfSegment): string => end(dst, dstPort);

const reversed = ({ srcPort, dstPort, ...segment }: KindOfSegment): KindOfSegment => ({
  ...segment,
  ...{ src: segment.dst, dst: segment.src },
  ...(dstPort !== undefined && { srcPort: dstPort }),
  ...(srcPort !== undefined && { dstPort: srcPort }),
});

function ownerWords({ words, of }: RuleMatch & { kind: 'owner' }, { inbound }: KindOfSegment, nft: boolean): Text {
  if (inbound)
    return { en: `${words} asks who has sent it, and nobody here has`, zh: `${words} 询问发送者，而它不是本机发出的` };
  if (of === 'socket')
    return {
      en: `the kernel's RST leaves by a socket of the kernel's own, so a socket exists, and ${words} does not match it`,
      zh: `内核的 RST 由内核自己的套接字发出，套接字存在，${words} 不会匹配它`,
    };
  const nobody = nft
    ? 'accept meta skuid 0-4294967295 first, and drop the rest'
    : '-m owner ! --uid-owner 0-4294967294 matches just what no program has sent';
  const zh = nft
    ? '先 accept meta skuid 0-4294967295，再丢弃其余的'
    : '-m owner ! --uid-owner 0-4294967294 恰好匹配不是任何程序发出的报文';
  return {
    en: `the kernel's RST has no owner, for it leaves by a socket of the kernel's own that no program has opened. Leave out ${words}; or else ${nobody}`,
    zh: `内核的 RST 没有属主：它由内核自己的套接字发出，不是任何程序打开的。请去掉 ${words}；或者${zh}`,
  };
}

function linkWords(
  { kind, words }: RuleMatch & { kind: 'in' | 'out' },
  { link, inbound }: KindOfSegment,
  it: Text,
): Text {
  if ((kind === 'in') !== inbound)
    return inbound
      ? {
          en: `${words} asks by which link it leaves, and ${it.en} comes in`,
          zh: `${words} 询问出接口，而${it.zh}是入站的`,
        }
      : {
          en: `${words} asks by which link it came in, and ${it.en} leaves`,
          zh: `${words} 询问入接口，而${it.zh}是出站的`,
        };
  return {
    en: `${words} is another link: ${it.en} ${inbound ? 'comes in' : 'leaves'} by ${link ?? 'the one that its route names'}`,
    zh: `${words} 是另一个接口：${it.zh}经 ${link ?? '路由所指的接口'} ${inbound ? '进入' : '发出'}`,
  };
}
