/** What the driver opens connections with where the user says nothing: Linux's offer, for either family and any MTU. */
import { LINUX_OFFER, type OpenOptions } from '../tcp/index.js';
import type { Flow } from '../wire/flow.js';
import { timestampOffset } from './iss.js';
import { segmentRoom } from './path-mtu.js';

const ETHERNET_MTU = 1500;

/**
 * The MSS that is told: no smaller than the least (`min_adv_mss`; the least MTU of IPv6), nor larger than what a packet holds.
 * ipv4_default_advmss(), ip6_default_advmss().
 */
const TOLD: Readonly<Record<4 | 6, { readonly least: number; readonly most: number }>> = {
  4: { least: 256, most: 65_495 },
  6: { least: 1220, most: 65_515 },
};

/** What is assumed where no MSS is told, and tried where large segments are lost. RFC 9293 §3.7.1, RFC 8200 §5. */
const IPV6_SIZES = { defaultMss: 1220, baseMss: [1220] };

/** `mtu`: of the way to the other side. The window is made of whole segments, as tcp_select_initial_window() makes it. */
export function linuxOffer(address: string, mtu = ETHERNET_MTU): Omit<OpenOptions, 'iss'> {
  const version = address.includes(':') ? 6 : 4;
  const { least, most } = TOLD[version];
  const pathMss = Math.min(segmentRoom(mtu, version), most);
  const mss = Math.max(pathMss, least);
  const window = Math.floor(0xffff / mss) * mss;
  return { ...LINUX_OFFER, mss, pathMss, window, ...(version === 6 && IPV6_SIZES) };
}

/** The same for one connection, whose timestamps begin where nobody can guess. */
export const offerFor = (flow: Flow, mtu: number | undefined): Omit<OpenOptions, 'iss'> => ({
  ...linuxOffer(flow.src, mtu),
  timestamps: { offset: timestampOffset(flow) },
});
