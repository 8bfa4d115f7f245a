/** Captures with bytes changed, cut out and cut off: packets or an error, never an exception, and the rows they make too. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pcap } from '../../src/capture/pcap.js';
import { pcapng } from '../../src/capture/pcapng.js';
import { JsonListing, TextListing, type Listing } from '../../src/report/dissection/listing.js';
import { emitFrame } from '../../src/wire/index.js';
import * as arbitrary from '../property/wire-arbitraries.js';
import { reading } from './reading.js';

const LINKTYPES = { ethernet: 1, raw: 101, sll: 113, sll2: 276, null: 0 } as const;

const capture = fc
  .tuple(fc.array(arbitrary.frame, { minLength: 1, maxLength: 5 }), fc.constantFrom('pcap', 'pcapng', 'swapped'))
  .map(([frames, kind]) => {
    const list = frames.map((frame) => ({ bytes: emitFrame(frame), linkType: LINKTYPES[frame.link.kind] }));
    if (kind === 'pcapng') {
      const interfaces = list.map(({ linkType }, i) => ({ name: `if${i}`, linkType }));
      return pcapng(
        interfaces,
        list.map(({ bytes }, interfaceId) => ({ interfaceId, epochMs: interfaceId, bytes, comment: 'a comment' })),
      );
    }
    const format = { linkType: list[0]?.linkType ?? 1, bigEndian: kind === 'swapped' };
    return pcap(
      list.map(({ bytes }, i) => ({ epochNs: BigInt(i), bytes })),
      format,
    );
  });

const view = { language: 'en', columns: 80, unicode: true } as const;

const listed = (listing: Listing, records: Awaited<ReturnType<typeof reading>>['records']): string =>
  records.map((record) => listing.add(record)).join('') + listing.end();

test('a sound capture of random frames: every one a row, and all of it JSON', () =>
  fc.assert(
    fc.asyncProperty(capture, async (file) => {
      const { records, error } = await reading(file);
      expect(error).toBeUndefined();
      if (records.length > 1)
        expect(listed(new TextListing(view), records).split('\n')).toHaveLength(records.length + 1);
      expect(JSON.parse(listed(new JsonListing(), records))).toHaveLength(records.length);
    }),
  ));

test('a damaged capture: no exception, no row lost that was read', () =>
  fc.assert(
    fc.asyncProperty(arbitrary.damaged(capture), async (file) => {
      const { records } = await reading(file, [64]);
      listed(new TextListing(view), records);
      expect(JSON.parse(listed(new JsonListing(), records))).toHaveLength(records.length);
    }),
    { numRuns: 2000 },
  ));
