/** What an entry of the journal says of a rule. Every start reads the entries of others, so no library is loaded for it. */
import { RawshakeError } from '../../error.js';
import type { IptablesVariant } from '../../filter/iptables-save.js';
import type { FilterFlow } from '../../filter/flow.js';
import { type FilterPlan, planFilter } from '../../filter/plan.js';

/** Whether a value is of a form, and nothing beside it. */
type Form<T> = (value: unknown) => value is T;

const text: Form<string> = (value) => typeof value === 'string';
const number: Form<number> = (value): value is number => Number.isFinite(value);
const oneOf =
  <T extends string>(...values: readonly T[]): Form<T> =>
  (value): value is T =>
    values.some((known) => known === value);
const optional =
  <T>(form: Form<T>): Form<T | undefined> =>
  (value): value is T | undefined =>
    value === undefined || form(value);
const object =
  <T>(fields: { readonly [Key in keyof T]-?: Form<T[Key]> }): Form<T> =>
  (value): value is T =>
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).every((key) => Object.hasOwn(fields, key)) &&
    Object.entries<Form<unknown>>(fields).every(([key, form]) =>
      form((value as Readonly<Record<string, unknown>>)[key]),
    );

interface JournalEntry {
  /** `net:[4026531840]` */
  readonly networkNamespace: string;
  readonly backend: 'nft' | 'iptables';
  /** Of iptables: which kind it is, for a host may have rules in both. */
  readonly variant?: IptablesVariant | undefined;
  readonly flow: FilterFlow;
  readonly mark: number;
  readonly comment: string;
}

const isEntry = object<JournalEntry>({
  networkNamespace: (value): value is string => text(value) && /^net:\[\d+\]$/.test(value),
  backend: oneOf('nft', 'iptables'),
  variant: optional(oneOf('nf_tables', 'legacy')),
  flow: object<FilterFlow>({
    src: text,
    srcPort: optional(number),
    dst: optional(text),
    dstPort: optional(number),
  }),
  mark: number,
  comment: text,
});

export interface Where {
  readonly networkNamespace: string;
  readonly variant: IptablesVariant | undefined;
}

export const entryText = ({ backend, flow, mark, comment }: FilterPlan, where: Where): string =>
  JSON.stringify({ ...where, backend, flow, mark, comment } satisfies JournalEntry);

/** The rule that a text is an entry for, planned anew; undefined where it is none. */
export function parseEntry(entry: string): (Where & { readonly plan: FilterPlan }) | undefined {
  try {
    const parsed: unknown = JSON.parse(entry);
    if (!isEntry(parsed)) return undefined;
    const { networkNamespace, variant, ...planned } = parsed;
    return { networkNamespace, variant, plan: planFilter(planned) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RawshakeError) return undefined;
    throw error;
  }
}
