/** A four-tuple: two addresses and two ports, seen from the side that sends. */
export interface Flow {
  readonly src: string;
  readonly srcPort: number;
  readonly dst: string;
  readonly dstPort: number;
}

export const reverseFlow = (flow: Flow): Flow => ({
  src: flow.dst,
  srcPort: flow.dstPort,
  dst: flow.src,
  dstPort: flow.srcPort,
});

export const isSameFlow = (one: Flow, other: Flow): boolean =>
  one.src === other.src && one.srcPort === other.srcPort && one.dst === other.dst && one.dstPort === other.dstPort;

/** `192.0.2.1:41000`, `[2001:db8::1]:41000`. */
export const endpoint = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${String(port)}` : `${address}:${String(port)}`;
