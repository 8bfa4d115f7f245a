/** A rule that the user brings along: loaded as it is, read back, put to the test. */
import { RawshakeError } from '../../error.js';
import { parseSavedRules, type SavedRule } from '../../filter/iptables-save.js';
import { isDrop, isInbound, type JudgedRule } from '../../filter/judge-evidence.js';
import { shellLine } from '../../filter/shell.js';
import { type UserRule, userRuleCommands } from '../../filter/user-rule.js';
import { addressVersion } from '../../wire/address.js';
import { ADDRESSES } from '../addresses.js';
import type { LabHost } from '../host.js';
import type { Remedy, RuleInForce } from './remedy.js';

/** What is said of it, whatever it is. */
export const USER_RULE: Omit<Remedy, 'apply'> = {
  id: 'rule',
  title: { en: 'your rule', zh: '你的规则' },
  expected: 'established',
  unproven: true,
  because: {
    en: 'what it does, and what it misses, is said under "Your rule".',
    zh: '它的作用和缺陷见“你的规则”一节。',
  },
  cost: {
    privileges: { en: 'CAP_NET_ADMIN; iptables', zh: 'CAP_NET_ADMIN；iptables' },
    price: { en: 'as said there', zh: '同上' },
  },
};

/** @param hostOf where it is loaded; left out: on the host that makes the handshake */
export const userRule = (rule: UserRule, hostOf = (host: LabHost): Pick<LabHost, 'run'> => host): Remedy => ({
  ...USER_RULE,
  apply(host, flow): RuleInForce {
    const { family, add, save } = userRuleCommands(rule, addressVersion(flow.src) ?? 4);
    const where = hostOf(host);
    refusedAsUsage(() => where.run(add));
    /** All rules that there are, for nobody else adds any here; the one that had most to do first. */
    const read = (): SavedRule[] => parseSavedRules(where.run(save)).sort((a, b) => b.packets - a.packets);
    const [first] = read();
    if (first === undefined) throw unusable('iptables took it, and no rule came of it', shellLine(add));
    return {
      backend: 'iptables',
      drops: whatIsDropped({ family, ...first }),
      commands: [add],
      counters: () =>
        read().reduce((sum, { packets, bytes }) => ({ packets: sum.packets + packets, bytes: sum.bytes + bytes }), {
          packets: 0,
          bytes: 0,
        }),
      judged() {
        const [hit = first] = read();
        return { rule: { family, ...hit }, inOtherNamespace: where !== host };
      },
    };
  },
});

function whatIsDropped(rule: JudgedRule): RuleInForce['drops'] {
  if (!isDrop(rule)) return 'nothing';
  return isInbound(rule) ? 'segments' : 'resets';
}

/** What iptables does not take is the user's to change. */
function refusedAsUsage(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof RawshakeError && error.code === 'RS_COMMAND_FAILED')) throw error;
    const said = (error.stderr ?? '').split('\n').map((line) => line.trim());
    const why = said.filter((line) => line !== '' && !line.startsWith('Try `')).join(' ');
    throw unusable(`iptables refuses it: ${why}`, shellLine(error.command ?? []), error);
  }
}

const unusable = (why: string, command: string, cause?: RawshakeError): RawshakeError => {
  const { client, server } = ADDRESSES;
  return new RawshakeError('RS_USAGE', `rule: ${why}`, {
    hint: {
      en: `It was run as: ${command} (the lab: client ${client[4]} or ${client[6]}, server ${server[4]} or ${server[6]})`,
      zh: `运行的命令是：${command}（实验环境：客户端 ${client[4]} 或 ${client[6]}，服务器 ${server[4]} 或 ${server[6]}）`,
    },
    ...(cause !== undefined && {
      cause,
      ...(cause.command !== undefined && { command: cause.command }),
      ...(cause.stderr !== undefined && { stderr: cause.stderr }),
    }),
  });
};
