/** A rule of `iptables/` that is no RST filter for one connection, put in force by iptables, or where that cannot by nft. */
import { RawshakeError } from '../../error.js';
import { type CureRule, cureByIptables, cureByNft } from '../../filter/cure-rules.js';
import type { FilterFlow } from '../../filter/flow.js';
import type { Cure } from '../../filter/rule-file.js';
import type { RuleEvidence } from '../../evidence/run.js';
import type { Leases } from '../../linux/process/leases.js';
import { addressVersion } from '../../wire/address.js';
import type { LabHost } from '../host.js';
import { type LoadedRules, loadRules } from './loaded-rules.js';
import type { RuleInForce } from './remedy.js';

/** `narrowed`: for this flow alone, where the cure would be for all of the host. Throws as `loadRules`. */
export function applyCureRule(
  cure: Cure,
  drops: RuleEvidence['drops'],
  host: LabHost,
  flow: FilterFlow,
  leases: Leases,
  { narrowed = false } = {},
): RuleInForce {
  const family = addressVersion(flow.src) ?? 4;
  const values = { flow, narrowed, comment: host.nameRule() };
  const load = ({ rule, removal }: CureRule): Loaded => {
    const rules = loadRules([rule], host, family);
    leases.defer(() => host.run(removal));
    return { backend: rule.backend, ...rules };
  };
  const loaded = eitherWay(
    () => load(cureByIptables(cure, family, values)),
    () => load(cureByNft(cure, family, values)),
  );
  return {
    backend: loaded.backend,
    commands: loaded.commands,
    work() {
      const all = loaded.read();
      const { packets, bytes } = all.find(({ rule }) => rule.verdict.does === 'drop') ?? { packets: 0, bytes: 0 };
      return { drops, packets, bytes, judged: { rules: all } };
    },
  };
}

type Loaded = LoadedRules & Pick<RuleInForce, 'backend'>;

/** iptables is not installed, or lacks a match, or refuses ids that are not mapped in this user namespace. */
function eitherWay(byIptables: () => Loaded, byNft: () => Loaded): Loaded {
  try {
    return byIptables();
  } catch (error) {
    if (!(error instanceof RawshakeError && ['RS_MISSING_TOOL', 'RS_USAGE'].includes(error.code))) throw error;
    try {
      return byNft();
    } catch (other) {
      if (other instanceof RawshakeError && other.code === 'RS_MISSING_TOOL') throw error;
      throw other;
    }
  }
}
