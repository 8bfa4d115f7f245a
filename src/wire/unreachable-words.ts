/** What an ICMP error of the kind "destination unreachable" says by its code. RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1; RFC 4443 §3.1. */
import type { Text } from '../error.js';

const text = (en: string, zh: string): Text => ({ en, zh });

const WORDS: Readonly<Record<4 | 6, readonly Text[]>> = {
  4: [
    text('network unreachable', '网络不可达'),
    text('host unreachable', '主机不可达'),
    text('protocol unreachable', '协议不可达'),
    text('port unreachable', '端口不可达'),
    text('fragmentation needed', '需要分片'),
    text('source route failed', '源路由失败'),
    text('network unknown', '网络未知'),
    text('host unknown', '主机未知'),
    text('source host isolated', '源主机被隔离'),
    text('network prohibited', '网络被禁止'),
    text('host prohibited', '主机被禁止'),
    text('network unreachable for this type of service', '该服务类型下网络不可达'),
    text('host unreachable for this type of service', '该服务类型下主机不可达'),
    text('prohibited by a filter', '被过滤器禁止'),
  ],
  6: [
    text('no route', '没有路由'),
    text('prohibited by a filter', '被过滤器禁止'),
    text('beyond the scope of the source address', '超出源地址的作用域'),
    text('address unreachable', '地址不可达'),
    text('port unreachable', '端口不可达'),
    text('source address failed the policy', '源地址不符合策略'),
    text('route rejected', '路由被拒绝'),
  ],
};

/** `port unreachable`; `version`: of IP. */
export const unreachableWords = (version: 4 | 6, code: number): Text =>
  WORDS[version][code] ?? text(`unreachable (code ${code})`, `不可达（代码 ${code}）`);
