/** Messages of netfilter, whatever its subsystem: written for the kernel, and read. netlink(7), <linux/netfilter/nfnetlink.h>. */
import { type Attribute, Attributes } from '../netlink/attributes.js';
import type { NetlinkMessage, Request } from '../netlink/messages.js';
import { be16, Structure, u8 } from '../netlink/structure.js';

const NFGENMSG = new Structure(4, { family: u8(0), resource: be16(2) });

export interface NfRequest {
  /** NFNL_SUBSYS_…; left out in what is nfnetlink's own. */
  readonly subsystem?: number;
  /** As the subsystem numbers them. */
  readonly type: number;
  /** NLM_F_…, beside that it is a request. */
  readonly flags?: number;
  /** NFPROTO_… or AF_…; left out in what is about none. */
  readonly family?: number;
  readonly resource?: number;
  readonly attributes?: readonly Attribute[];
}

export const nfRequest = ({
  subsystem = 0,
  type,
  flags = 0,
  family = 0,
  resource = 0,
  attributes,
}: NfRequest): Request => ({
  type: (subsystem << 8) | type,
  flags,
  body: NFGENMSG.write({ family, resource }),
  attributes: attributes ?? [],
  order: 'network',
});

/** Throws where they are damaged. */
export const nfAttributes = ({ body }: NetlinkMessage): Attributes => new Attributes(body, NFGENMSG.bytes);
