/** Frames as a Linux 6.18 kernel put them on a veth link (checksum offload off), and the examples of the RFCs. */
import { fromHex } from '../../src/wire/bytes.js';

/** Bytes from hex digits, spaces allowed. */
export const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text.replace(/\s+/g, ''));
  if (bytes === undefined) throw new Error(`not hex: ${text}`);
  return bytes;
};

/** The bytes summed in RFC 1071 §3. */
export const rfc1071 = hex('00 01 f2 03 f4 f5 f6 f7');

/** The IPv4 packet or IPv6 packet in an Ethernet frame. */
export const ipOf = (frame: Uint8Array): Uint8Array => frame.subarray(14);

export const synIpv4 = hex(`0a059e5f62d312008b98c5e40800 4500003c6694400040065024c0000201c0000202
  a0281f90e010eed300000000a002faf049cd0000 020405b40402080abf773126000000000103030a`);
export const synAckIpv4 = hex(`12008b98c5e40a059e5f62d30800 4500003c000040004006b6b8c0000202c0000201
  1f90a028a6f9497be010eed4a012fe8853a30000 020405b40402080ac8b53956bf7731260103030a`);
export const ackIpv4 = hex(`0a059e5f62d312008b98c5e40800 45000034669540004006502bc0000201c0000202
  a0281f90e010eed4a6f9497c8010003f80bc0000 0101080abf773126c8b53956`);
export const dataIpv4 = hex(`0a059e5f62d312008b98c5e40800 45000039669640004006 5025c0000201c0000202
  a0281f90e010eed4a6f9497c8018003f3cdd0000 0101080abf773126c8b53956 68656c6c6f`);
export const finIpv4 = hex(`0a059e5f62d312008b98c5e40800 45000034669740004006 5029c0000201c0000202
  a0281f90e010eed9a6f9497c8011003f80b60000 0101080abf773126c8b53956`);
export const rstIpv4 = hex(`12008b98c5e40a059e5f62d30800 45000028000040004006b6ccc0000202c0000201
  0009c22e00000000cd357ca7501400001fb80000`);
/** Seen on `lo`, where the kernel leaves the checksum to a network card that is not there: only the pseudo header is in it. */
export const offloadedIpv4 = hex(`0000000000000000000000000800 4500003c3ba8400040067b11c0000201c0000201
  a0281f90d52a058200000000a002ffd784310000 0204ffd70402080afe29b69f000000000103030a`);
/** Port unreachable, about a UDP datagram of 20 times `x`. */
export const unreachableIpv4 = hex(`12008b98c5e40a059e5f62d30800 45c0004cfc7100004001f97bc0000202c0000201
  0303812e00000000 45000030906940004011 2650c0000201c0000202 b3550009001c139f 7878787878787878787878787878787878787878`);
export const arpRequest = hex(
  `ffffffffffff12008b98c5e40806 0001080006040001 12008b98c5e4c0000201 000000000000c0000202`,
);
export const arpReply = hex(`12008b98c5e40a059e5f62d30806 0001080006040002 0a059e5f62d3c0000202 12008b98c5e4c0000201`);

const toServer = '0a059e5f62d312008b98c5e486dd';
const toClient = '12008b98c5e40a059e5f62d386dd';
const client = '20010db8000000000000000000000001';
const server = '20010db8000000000000000000000002';
export const synIpv6 = hex(`${toServer} 600138c300280640 ${client} ${server}
  a0281f90d180a9be00000000a002fd207b910000 020405a00402080ace776a7a000000000103030a`);
export const synAckIpv6 = hex(`${toClient} 600d46f000280640 ${server} ${client}
  1f90a028077cc816d180a9bfa012fb0469490000 020405a00402080a2e9e1622ce776a7a0103030a`);
export const dataIpv6 = hex(`${toServer} 600138c300250640 ${client} ${server}
  a0281f90d180a9bf077cc817801800404eea0000 0101080ace776a7a2e9e1622 68656c6c6f`);
export const rstIpv6 = hex(`${toClient} 600fad1500140640 ${server} ${client} 0009da06000000004c4944e950140000e9190000`);
export const unreachableIpv6 = hex(`${toClient} 60040b03004c3a40 ${server} ${client} 0104 4afb 00000000
  6002e6d3001c1140 ${client} ${server} b3b50009001c3bce 7878787878787878787878787878787878787878`);
export const neighborSolicitation = hex(`3333ff00000212008b98c5e486dd 6000000000203aff ${client}
  ff0200000000000000000001ff000002 8700baaa00000000 ${server} 010112008b98c5e4`);
export const neighborAdvertisement = hex(`${toClient} 6000000000203aff ${server} ${client}
  8800813b60000000 ${server} 02010a059e5f62d3`);
export const routerSolicitation = hex(`33330000000212008b98c5e486dd 6000000000103aff
  fe8000000000000010008bfffe98c5e4 ff020000000000000000000000000002 8500b83300000000 010112008b98c5e4`);
/** With a router alert in a hop-by-hop header. */
export const multicastReport = hex(`3333000000160a059e5f62d386dd 6000000000380001 00000000000000000000000000000000
  ff020000000000000000000000000016 3a00050200000100 8f000a3c00000002
  04000000ff0200000000000000000001ff5f62d3 04000000ff0200000000000000000001ff000002`);

/** Every frame of the capture, by name. */
export const frames = {
  synIpv4,
  synAckIpv4,
  ackIpv4,
  dataIpv4,
  finIpv4,
  rstIpv4,
  offloadedIpv4,
  unreachableIpv4,
  arpRequest,
  arpReply,
  synIpv6,
  synAckIpv6,
  dataIpv6,
  rstIpv6,
  unreachableIpv6,
  neighborSolicitation,
  neighborAdvertisement,
  routerSolicitation,
  multicastReport,
};
