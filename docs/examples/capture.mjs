// The SYNs of a capture, with who sends them: node capture.mjs FILE.pcapng
import { createReadStream } from 'node:fs';
import { readCapture } from 'rawshake/capture';
import { formatSegment, linkTypeOf, parseFrame } from 'rawshake/wire';

for await (const { records, error } of readCapture(createReadStream(process.argv[2]))) {
  for (const { bytes, linkType } of records) {
    const type = linkTypeOf(linkType);
    const frame = type && parseFrame(bytes, type);
    const { ip, tcp } = (frame?.ok && frame.value.packet) || {};
    if (tcp && formatSegment(tcp).startsWith('S')) console.log(ip.src, '>', ip.dst, formatSegment(tcp));
  }
  if (error) console.error(error.message);
}
