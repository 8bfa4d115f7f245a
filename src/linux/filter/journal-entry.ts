/** What an entry of the journal says of a rule. zod is loaded when there is one to read: mostly there is none. */
import { createRequire } from 'node:module';
import type { z } from 'zod';
import { RawshakeError } from '../../error.js';
import type { IptablesVariant } from '../../filter/iptables-save.js';
import { type FilterPlan, planFilter } from '../../filter/plan.js';

type Zod = typeof import('zod');

const schemaBy = ({ z }: Zod) =>
  z.strictObject({
    /** `net:[4026531840]` */
    networkNamespace: z.string().regex(/^net:\[\d+\]$/),
    backend: z.enum(['nft', 'iptables']),
    /** Of iptables: which kind it is, for a host may have rules in both. */
    variant: z.enum(['nf_tables', 'legacy']).optional(),
    flow: z.strictObject({
      src: z.string(),
      srcPort: z.number().optional(),
      dst: z.string().optional(),
      dstPort: z.number().optional(),
    }),
    mark: z.number(),
    comment: z.string(),
  });

type JournalEntry = z.output<ReturnType<typeof schemaBy>>;

export interface Where {
  readonly networkNamespace: string;
  readonly variant: IptablesVariant | undefined;
}

export const entryText = ({ backend, flow, mark, comment }: FilterPlan, where: Where): string =>
  JSON.stringify({ ...where, backend, flow, mark, comment } satisfies JournalEntry);

let schema: ReturnType<typeof schemaBy> | undefined;

/** The rule that a text is an entry for, planned anew; undefined where it is none. */
export function parseEntry(text: string): (Where & { readonly plan: FilterPlan }) | undefined {
  schema ??= schemaBy(createRequire(import.meta.url)('zod') as Zod);
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    if (!parsed.success) return undefined;
    const { srcPort, dst, dstPort, src } = parsed.data.flow;
    const flow = {
      src,
      ...(srcPort !== undefined && { srcPort }),
      ...(dst !== undefined && { dst }),
      ...(dstPort !== undefined && { dstPort }),
    };
    const { networkNamespace, variant } = parsed.data;
    return { networkNamespace, variant, plan: planFilter({ ...parsed.data, flow }) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RawshakeError) return undefined;
    throw error;
  }
}
