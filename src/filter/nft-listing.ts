/** What `nft --json list ruleset` prints, as far as rules are read in it. libnftables-json(5). */
import type { Hook } from './judged-rule.js';

export type Json = Readonly<Record<string, unknown>>;

export interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly type?: string;
  readonly hook?: Hook;
  readonly prio?: number;
}

export interface Rule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
  readonly expr: readonly Json[];
}

/** One that has a name; of those of verdicts `elem` leads to chains. */
export interface NamedMap {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly elem?: readonly unknown[];
}

/** Each is one of these, or something else. */
export interface ListedObject {
  readonly chain?: Chain;
  readonly rule?: Rule;
  readonly map?: NamedMap;
}

/** @param text what nft printed, which nobody else has written */
export const objectsIn = (text: string): readonly ListedObject[] =>
  (JSON.parse(text) as { readonly nftables: readonly ListedObject[] }).nftables;

export const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null;

export const chainKey = ({ family, table }: Pick<Chain, 'family' | 'table'>, name: string): string =>
  [family, table, name].join(' ');

/** The chains that statements lead to, also by a map of verdicts. */
export const targetsIn = (expr: readonly unknown[]): string[] =>
  [...JSON.stringify(expr).matchAll(/\{"target":("(?:[^"\\]|\\.)*")\}/g)].map(
    ([, name = '']) => JSON.parse(name) as string,
  );
