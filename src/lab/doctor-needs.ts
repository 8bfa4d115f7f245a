/** What is tried in a lab, and what cannot be done where it fails. */
import type { Need } from './capability.js';

export const KERNEL: Need = { name: 'kernel', needed: true };

export const NAMESPACES: Need = {
  name: 'namespaces',
  needed: true,
  costs: {
    en: 'no lab: compare, lab run, lab exercise, lab grade and lab shell cannot run; connect, listen, probe and filter need no lab, build and dissect no rights at all',
    zh: '没有实验环境：无法运行 compare、lab run、lab exercise、lab grade 和 lab shell；connect、listen、probe 和 filter 不需要实验环境，build 和 dissect 不需要任何权限',
  },
};

export const RAW_SOCKET: Need = {
  name: 'raw socket',
  needed: true,
  costs: {
    en: 'nothing can be sent by hand: compare, connect, listen, probe and most experiments cannot run',
    zh: '无法手工发送报文：无法运行 compare、connect、listen、probe 和大多数实验',
  },
};

export const IPTABLES: Need = {
  name: 'iptables',
  needed: false,
  costs: {
    en: 'compare and the experiments take nft in its place; only what asks for iptables cannot run: lab run raw-filtered and recipes, compare --remedy iptables and --rule, --filter and --backend iptables',
    zh: 'compare 和实验改用 nft；只有指定 iptables 的无法运行：lab run raw-filtered 和 recipes、compare --remedy iptables 和 --rule、--filter 和 --backend iptables',
  },
};

export const NFT: Need = {
  name: 'nft',
  needed: false,
  costs: {
    en: 'connect, listen and filter take iptables, whose rules do not go with the process by themselves; lab run nft and ingress, compare --remedy nft and ingress cannot run',
    zh: 'connect、listen 和 filter 改用 iptables，其规则不会随进程自动消失；无法运行 lab run nft 和 ingress、compare --remedy nft 和 ingress',
  },
};

/** Where neither of the two works. */
export const NO_FILTER = {
  needed: true,
  costs: {
    en: "neither iptables nor nft, so nothing keeps the kernel's RST away: compare cannot show the handshake that succeeds, connect and listen run with --filter none only",
    zh: 'iptables 和 nft 都不可用，没有办法拦住内核的 RST：compare 无法展示成功的握手，connect 和 listen 只能以 --filter none 运行',
  },
} as const satisfies Omit<Need, 'name'>;

export const IP6TABLES: Need = {
  name: 'ip6tables',
  needed: false,
  costs: {
    en: 'over IPv6 compare takes nft in its place; only what asks for iptables cannot run with --family 6',
    zh: 'IPv6 上 compare 改用 nft；只有指定 iptables 的无法以 --family 6 运行',
  },
};

export const ADOPT: Need = {
  name: 'adopt',
  needed: false,
  costs: {
    en: 'a connection cannot be handed to the kernel: lab run adopt, compare --remedy adopt and connect --adopt cannot run',
    zh: '无法把连接交给内核：无法运行 lab run adopt、compare --remedy adopt 和 connect --adopt',
  },
};
