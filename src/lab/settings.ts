/** Every setting of a lab's hosts that an experiment depends on, whatever the machine's own are. ip-sysctl.rst. */
import { hasIpv6 } from '../linux/namespace/ipv6.js';
import { CLIENT_PORT } from './addresses.js';

/** Before the link exists: `default` is what its interfaces start with. */
const SETTINGS: Readonly<Record<string, string | number>> = {
  'net.ipv4.tcp_syncookies': 1,
  'net.ipv4.tcp_abort_on_overflow': 0,
  // Every segment is routed, and looks its socket up, anew: so the trace tells through which link it came (kernel-trace.ts).
  'net.ipv4.tcp_early_demux': 0,
  'net.ipv4.tcp_timestamps': 1,
  'net.ipv4.tcp_sack': 1,
  'net.ipv4.tcp_window_scaling': 1,
  'net.ipv4.tcp_syn_retries': 6,
  'net.ipv4.tcp_synack_retries': 5,
  'net.ipv4.ip_local_port_range': '32768 60999',
  'net.ipv4.ip_local_reserved_ports': CLIENT_PORT,
  'net.ipv4.fwmark_reflect': 0,
  'net.ipv4.ip_forward': 0,
  'net.ipv4.conf.default.rp_filter': 0,
  'net.ipv4.conf.all.rp_filter': 0,
};

const IPV6_SETTINGS: typeof SETTINGS = {
  'net.ipv6.fwmark_reflect': 0,
  'net.ipv6.conf.default.disable_ipv6': 0,
  'net.ipv6.conf.all.forwarding': 0,
  // No link-local address, no router solicitation: the link carries what the experiment sends.
  'net.ipv6.conf.default.addr_gen_mode': 1,
  'net.ipv6.conf.default.router_solicitations': 0,
};

/** Those of IPv6 are there where that is. */
export const settingsHere = (): typeof SETTINGS => (hasIpv6() ? { ...SETTINGS, ...IPV6_SETTINGS } : SETTINGS);
