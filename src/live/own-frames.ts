/** Whether a frame that leaves by an interface is this host's own, or somebody else's that only passes: by a bridge, or from a container. */
import type { CapturedFrame } from '../linux/capture/capture.js';
import { SystemCallError } from '../linux/libc/libc.js';
import { type LinkState, type LinkTable, openLinkTable } from '../linux/netlink/link-table.js';
import type { NetworkNamespace } from '../linux/namespace/netns.js';

/** How long the kernel's word on an interface is taken for: adopted connections send without end. */
const KNOWN_MS = 1000;

/** Where in an Ethernet header its sender stands. */
const [SOURCE, SOURCE_END] = [6, 12] as const;

export class OwnFrames {
  #links: LinkTable | undefined;
  readonly #known = new Map<number, { readonly state: LinkState | undefined; readonly until: number }>();

  constructor(private readonly netns?: NetworkNamespace) {}

  /**
   * Of an outgoing frame. A mark says so itself. All else that this host sends passes the device on top first (bond, bridge, Open
   * vSwitch), so what leaves by a port of it is a copy, or forwarded: br_forward(), ovs_vport_send(). A macvlan's
   * frames pass the device below it with an address of their own: macvlan_queue_xmit(), eth_header().
   */
  has(frame: CapturedFrame): boolean {
    if (frame.mark !== undefined || frame.isLoopback) return true;
    const state = this.#stateOf(frame);
    return state !== undefined && !forwards(state) && isFrom(frame, state);
  }

  /** Idempotent. */
  close(): void {
    this.#links?.close();
  }

  #stateOf({ interfaceIndex, at }: CapturedFrame): LinkState | undefined {
    const known = this.#known.get(interfaceIndex);
    if (known !== undefined && at < known.until) return known.state;
    const state = this.#ask(interfaceIndex);
    this.#known.set(interfaceIndex, { state, until: at + KNOWN_MS });
    return state;
  }

  /** Only where something leaves that is not marked, which mostly nothing does. */
  #ask(interfaceIndex: number): LinkState | undefined {
    try {
      this.#links ??= openLinkTable(this.netns);
      return this.#links.link(interfaceIndex);
    } catch (error) {
      if (error instanceof SystemCallError) return undefined; // it is gone by now
      throw error;
    }
  }
}

/** Of a VRF the routes alone count: packets pass it by, vrf_ip_out_direct(), and it forwards none between ports. */
const forwards = ({ portOf }: LinkState): boolean => portOf !== undefined && portOf !== 'vrf';

const isFrom = ({ bytes, linkHeaderBytes }: CapturedFrame, { address }: LinkState): boolean =>
  linkHeaderBytes < SOURCE_END || Buffer.compare(bytes.subarray(SOURCE, SOURCE_END), address) === 0;
