/** A host may have rules in both kinds of iptables. The plain name leads to one; each has one of its own, too. iptables(8), xtables-legacy(8). */
import { RawshakeError } from '../error.js';
import type { Family } from './flow.js';
import { type IptablesVariant, variantNamed } from './iptables-save.js';
import type { IptablesPlan } from './plan.js';
import type { FilterHost } from './ports.js';

const SUFFIXES: Readonly<Record<IptablesVariant, string>> = { nf_tables: '-nft', legacy: '-legacy' };

export const VARIANTS: readonly IptablesVariant[] = ['nf_tables', 'legacy'];

export const plainProgram = (family: Family): string => (family === 4 ? 'iptables' : 'ip6tables');

/** By the name of its own where the plain one is of the other kind, or not there. */
export function programOfKind(family: Family, variant: IptablesVariant, host: FilterHost): string {
  const name = plainProgram(family);
  return kindOf(name, host) === variant ? name : name + SUFFIXES[variant];
}

/** undefined where it is not there. */
function kindOf(program: string, host: FilterHost): IptablesVariant | undefined {
  try {
    return variantNamed(host.run([program, '--version']));
  } catch (error) {
    if (error instanceof RawshakeError) return undefined;
    throw error;
  }
}

/** Those besides the plain one, installed or not, that can find rules which it does not. */
export function otherPrograms(family: Family, host: FilterHost): readonly string[] {
  const name = plainProgram(family);
  const plain = kindOf(name, host);
  return VARIANTS.filter((variant) => variant !== plain && (variant === 'legacy' || hasTables(family, host))).map(
    (variant) => name + SUFFIXES[variant],
  );
}

/** Without any, or nf_tables in the kernel, there is nothing that the program could find, and it would fail. */
function hasTables(family: Family, host: FilterHost): boolean {
  try {
    return host.nft().contents(family === 4 ? 'ip' : 'ip6').length > 0;
  } catch (error) {
    if (error instanceof RawshakeError) return error.code !== 'RS_NOT_IN_KERNEL'; // else the program will say why
    throw error;
  }
}

/** The same plan, carried out by a program of another name. */
export function byProgram(plan: IptablesPlan, program: string): IptablesPlan {
  const [, ...removal] = plan.removal;
  const [, ...save] = plan.save;
  return {
    ...plan,
    commands: plan.commands.map(([, ...words]) => [program, ...words]),
    removal: [program, ...removal],
    save: [`${program}-save`, ...save],
  };
}
