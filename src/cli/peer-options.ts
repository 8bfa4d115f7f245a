/** Whom to talk to, and from where: the arguments and options that `connect` and `probe` have alike. */
import type { Command } from 'commander';
import { port } from './arguments.js';
import { told } from './told.js';

export interface PeerOptions {
  readonly source?: string;
  readonly sourcePort?: number;
}

export const withPeer = (command: Command): Command =>
  command
    .argument(
      '<host>',
      told({
        en: 'name or address; a link-local one with its link: fe80::1%eth0',
        zh: '名称或地址；链路本地地址须带接口：fe80::1%eth0',
      }),
    )
    .argument('<port>', told({ en: 'port', zh: '端口' }), port)
    .option(
      '--source <address>',
      told({
        en: 'address to send from of this host (default: what the routing table says)',
        zh: '用本机的哪个地址发送（默认由路由表决定）',
      }),
    )
    .option(
      '--source-port <n>',
      told({
        en: 'port to send from (default: a free one that the kernel does not use)',
        zh: '用哪个端口发送（默认为内核不用的空闲端口）',
      }),
      port,
    );
