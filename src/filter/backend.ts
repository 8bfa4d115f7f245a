/** Which backend works on a host, found by trying: nft where it does, for its tables go with the process; else iptables. */
import { about, RawshakeError, type Text } from '../error.js';
import { FILTER } from './flow.js';
import { tableOf } from './nft.js';
import { type Backend, type NftPlan, planFilter } from './plan.js';
import type { FilterHost } from './ports.js';

/** Whether each can be used, or why not. Changes nothing. */
export function tryBackend(backend: Backend, host: FilterHost): RawshakeError | undefined {
  try {
    switch (backend) {
      case 'nft': {
        host.nft().check(tableOf(probe()));
        return undefined;
      }
      case 'iptables':
        host.run(['iptables', '-w', '-t', 'raw', '-S', 'OUTPUT']);
        return undefined;
    }
  } catch (error) {
    if (error instanceof RawshakeError) return error;
    throw error;
  }
}

/** A filter as good as any to see whether the kernel would take it; it is never put in force. */
const probe = (): NftPlan =>
  planFilter({
    flow: { src: '192.0.2.1' },
    backend: 'nft',
    comment: `rawshake:probe-${String(process.pid)}`,
  });

/**
 * nft where it works, else iptables.
 * @throws {RawshakeError} RS_NO_PRIVILEGE or RS_MISSING_TOOL, with what to do
 */
export function chooseBackend(host: FilterHost): Backend {
  const nft = tryBackend('nft', host);
  if (nft === undefined) return 'nft';
  const iptables = tryBackend('iptables', host);
  if (iptables === undefined) return 'iptables';
  const refused = [nft, iptables].find(({ code }) => code === 'RS_NO_PRIVILEGE');
  if (refused !== undefined) throw refused;
  const missing = [nft, iptables].every(({ code }) => code === 'RS_MISSING_TOOL' || code === 'RS_NOT_IN_KERNEL');
  throw new RawshakeError(
    missing ? 'RS_MISSING_TOOL' : 'RS_COMMAND_FAILED',
    about(FILTER, {
      en: `neither nft nor iptables works here (${nft.message}; ${iptables.message})`,
      zh: `nft 和 iptables 在这里都不可用（${nft.messages.zh}；${iptables.messages.zh}）`,
    }),
    { cause: iptables, hint: INSTALL },
  );
}

const INSTALL: Text = {
  en: "nft needs nothing but nf_tables in the kernel (modprobe nf_tables, on a container's host); else install the package iptables.",
  zh: 'nft 只需要内核支持 nf_tables（modprobe nf_tables；在容器中则在宿主机上运行）；否则请安装软件包 iptables。',
};
