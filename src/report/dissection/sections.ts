/** The layers of a frame as sections of a page: a title, where it is defined, the fields. */
import type { Text } from '../../error.js';
import type { SegmentFormat } from '../../wire/index.js';
import { readable } from '../readable.js';
import { bytesText, icmpFields, icmpName } from './icmp.js';
import { extensionFields, extensionName, ipv4Fields, ipv6Fields } from './ip.js';
import { type Field, fieldAt, type Section } from './field.js';
import { arpFields, linkFields, linkSource, linkTitle } from './link.js';
import { protocolName } from './names.js';
import type { Content, Part } from './parts.js';
import { tcpFields, tcpStartFields } from './tcp.js';
import { same, text } from './text.js';
import { wireErrorWords } from './wire-error-words.js';

/** Of bytes that are not taken apart further, how many are shown as text: what the column of values holds. */
const MOST_CHARACTERS = 16;

/** Bytes that are not taken apart further. */
const bytesField = (name: Text, { offset, size }: Part, value: string, meaning?: Text): Field =>
  fieldAt(offset, size, name, value, meaning);

const describe = (
  part: Part,
  bytes: Uint8Array,
  packetOffset: number,
  numbers: SegmentFormat | undefined,
): Pick<Section, 'title' | 'source' | 'fields'> => {
  const { content, offset, size } = part;
  switch (content.layer) {
    case 'link':
      return {
        title: linkTitle(content.header),
        source: linkSource(content.header),
        fields: linkFields(content.header),
      };
    case 'arp':
      return { title: same('ARP'), source: 'RFC 826', fields: arpFields(content.arp, offset) };
    case 'ipv4':
      return {
        title: text('IPv4 header', 'IPv4 首部'),
        source: 'RFC 791 §3.1',
        fields: ipv4Fields(content.ip, bytes.subarray(offset, offset + size), offset),
      };
    case 'ipv6':
      return { title: text('IPv6 header', 'IPv6 首部'), source: 'RFC 8200 §3', fields: ipv6Fields(content.ip, offset) };
    case 'ipv6-extension':
      return {
        title: same(extensionName(content.extension)),
        source: 'RFC 8200 §4',
        fields: extensionFields(content.extension, offset, size),
      };
    case 'icmp':
    case 'icmpv6': {
      const { message, layer, packet } = content;
      const protocol = layer === 'icmp' ? 'ICMP' : 'ICMPv6';
      const name = icmpName(message);
      return {
        title: text(`${protocol}: ${name.en}`, `${protocol}：${name.zh}`),
        source: 'options' in message ? 'RFC 4861 §4' : layer === 'icmp' ? 'RFC 792' : 'RFC 4443',
        fields: icmpFields(message, layer, packet, offset, packetOffset, size),
      };
    }
    case 'tcp':
      return {
        title: text('TCP header', 'TCP 首部'),
        source: 'RFC 9293 §3.1',
        fields: tcpFields(content.segment, content.packet, offset, packetOffset, numbers),
      };
    case 'tcp-start':
      return {
        title: text('TCP header, cut', 'TCP 首部（被截断）'),
        source: 'RFC 9293 §3.1',
        fields: tcpStartFields(content.start, offset, size),
      };
    case 'data':
    case 'payload':
    case 'trailer':
    case 'unread':
      return { ...opaque(content, part, bytes.subarray(offset, offset + size)), source: '' };
  }
};

const opaque = (
  content: Extract<Content, { readonly layer: 'data' | 'payload' | 'trailer' | 'unread' }>,
  part: Part,
  bytes: Uint8Array,
): Pick<Section, 'title' | 'fields'> => {
  const length = bytesText(part.size);
  switch (content.layer) {
    case 'data':
      return {
        title: text('Data', '数据'),
        fields: [bytesField(text('data', '数据'), part, readable(bytes, MOST_CHARACTERS), length)],
      };
    case 'payload': {
      const { protocol } = content;
      const name = protocol === undefined ? text('Payload', '载荷') : same(protocolName(protocol));
      const what = text(`${length.en}, not taken apart here`, `${length.zh}，此处不解析`);
      return { title: name, fields: [bytesField(text('bytes', '字节'), part, readable(bytes, MOST_CHARACTERS), what)] };
    }
    case 'trailer': {
      const meaning = text(`${length.en} behind the end of the packet`, `数据包末尾之后的 ${length.zh}`);
      return {
        title: text('Padding', '填充'),
        fields: [bytesField(text('padding', '填充'), part, readable(bytes, MOST_CHARACTERS), meaning)],
      };
    }
    case 'unread': {
      return {
        title: text('Unreadable', '无法读取'),
        fields: [{ ...bytesField(text('bytes', '字节'), part, length.en, wireErrorWords(content.error)), ok: false }],
      };
    }
  }
};

/** One section for each layer. `numbers`: what those of the segment count from elsewhere on the page. */
export const sectionsOf = (
  parts: readonly Part[],
  bytes: Uint8Array,
  numbers: SegmentFormat | undefined,
): Section[] => {
  let packetOffset = 0;
  return parts.map((part) => {
    const { content, offset, size } = part;
    if (content.layer === 'ipv4' || content.layer === 'ipv6') packetOffset = offset;
    const { title, source, fields } = describe(part, bytes, packetOffset, part.quoted ? undefined : numbers);
    const shown = part.quoted ? text(`In the quoted packet: ${title.en}`, `被引用的包：${title.zh}`) : title;
    return { title: shown, source, offset, size, fields };
  });
};
