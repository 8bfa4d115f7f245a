/** What a colour says in the line and on the page of a packet; and how the page is laid out around what is missing. */
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { CaptureRecord } from '../../src/capture/record.js';
import { emitPacket, type PacketInit } from '../../src/wire/index.js';
import { colourNamed, inColour } from '../support/coloured.js';
import { ipOf, synIpv4, synIpv6 } from '../wire/vectors.js';

const { TextListing } = await inColour(() => import('../../src/report/dissection/listing.js'));

const VIEW = { language: 'en', columns: 100, unicode: true } as const;

const record = (bytes: Uint8Array, changes: Partial<CaptureRecord> = {}): CaptureRecord => ({
  ...{ epochNs: undefined, linkType: 101, interfaceId: 0, interfaceName: undefined, bytes, wireBytes: bytes.length },
  ...{ comments: [], damage: undefined, ...changes },
});

const made = (tcp: PacketInit['tcp']): Uint8Array =>
  emitPacket({ ip: { version: 4, src: '192.0.2.1', dst: '192.0.2.2' }, tcp: { srcPort: 41000, dstPort: 80, ...tcp } });

const broken = ipOf(synIpv4).with(20 + 12, 0x10);

/** The lines of a page. */
function page(bytes: Uint8Array, changes: Partial<CaptureRecord> = {}, columns = 100): readonly string[] {
  const listing = new TextListing({ ...VIEW, columns });
  listing.add(record(bytes, changes));
  return listing.end().split('\n').map(colourNamed);
}

test('in the list, RST and what cannot be read are red; what the capture says is dim, its damage red', () => {
  const listing = new TextListing(VIEW);
  const rows = [
    record(made({ flags: 'S' }), { interfaceName: 'eth0', comments: ['mine'] }),
    record(made({ flags: 'R' })),
    record(made({ flags: 'F.' }), { damage: 'cut' }),
    record(broken),
  ]
    .map((one) => listing.add(one))
    .join('');
  const [syn, rst, fin, unreadable] = colourNamed(rows).split('\n');
  expect(syn).toMatch(/ {2}\[dim\]\(eth0\) S 0:0\(0\) win 65535 \[dim\]# mine$/);
  expect(rst).toMatch(/ {2}\[red\]R 0:0\(0\) win 65535$/);
  expect(fin).toMatch(/ {2}F\. [^[]* \[red\]\[cut\]$/);
  expect(unreadable).toMatch(/ {2}\[red\]\[tcp at offset 20: /);
});

test('on the page: name bold, summary cyan, notes dim, warnings red; right is green and wrong is red', () => {
  const sound = page(made({ flags: 'S' }), { comments: ['mine'] });
  expect(sound.slice(0, 3)).toEqual([
    '[bold]SYN   192.0.2.1:41000 → 192.0.2.2:80   40 bytes',
    '[cyan]S 0:0(0) win 65535',
    '[dim]# mine',
  ]);
  const sums = (lines: readonly string[]) => lines.filter((line) => /checksum .*0x/.test(line));
  expect(sums(sound)).toEqual([expect.stringContaining('[green]correct'), expect.stringContaining('[green]correct')]);
  const [, wrong] = sums(page(made({ flags: 'S', checksum: 1 })));
  expect(wrong).toMatch(/^ \[red\][A-Z] checksum .* \[red\]WRONG: /);
  const flags = sound.filter((line) => /^ {5}(SYN|FIN)/.test(line));
  expect(flags).toEqual([
    expect.stringMatching(/^ {5}SYN +1 +synchronize/),
    expect.stringMatching(/^ {5}FIN +0 +\[dim\]the sender is not finished/),
  ]);
});

test('a letter and a colour for each run of bytes: two shades of a layer take turns', () => {
  const marks = page(made({ flags: 'S' })).flatMap(
    (line) => /^ \[(\w+)\]([A-Z]) (\w+)/.exec(line)?.slice(1, 3).join(' ') ?? [],
  );
  expect(marks.slice(0, 4)).toEqual(['cyan A', 'cyanBright B', 'cyan C', 'cyanBright D']);
  expect(marks.slice(-4)).toEqual(['yellow O', 'yellowBright P', 'yellow Q', 'yellowBright R']);
});

test('what cannot be read: said in the title, and why in red; no summary, no answers', () => {
  const lines = page(broken);
  expect(lines[0]).toBe('[bold]Unreadable   192.0.2.1 → 192.0.2.2   60 bytes');
  expect(lines[1]).toMatch(/^\[red\]cannot be read: tcp at offset 20: /);
  expect(lines[2]).toBe('');
  expect(lines.join('\n')).not.toContain('What may come back');
  expect(page(Uint8Array.of(0x45))[0]).toBe('[bold]Unreadable   1 byte');
});

test('cut by the capture: said in red, and what there is in dim', () => {
  const bytes = made({ flags: '.', payload: new Uint8Array(100) }).subarray(0, 60);
  expect(page(bytes, { wireBytes: 140 }).slice(2, 5)).toEqual([
    '[dim]captured: the first 60 of 140 bytes',
    expect.stringMatching(/^\[red\]incomplete: /),
    '',
  ]);
});

test('no two empty lines, whether there is a handshake to tell of or not', () => {
  for (const bytes of [
    made({ flags: 'S' }),
    made({ flags: 'P.', payload: new Uint8Array(3) }),
    made({ flags: 'R' }),
    broken,
  ])
    expect(page(bytes).join('\n')).not.toContain('\n\n\n');
});

test('a value that does not fit its column has the line for itself', () => {
  const address = '2001:db8::1';
  const long = emitPacket({ ip: { version: 6, src: '2001:db8:1111:2222:3333:4444:5555:6666', dst: address }, tcp: {} });
  const lines = page(long).map((line) => line.replaceAll(/\[\w+\]/g, ''));
  const at = lines.findIndex((line) => / source +2001:db8:1111:2222:3333:4444:5555:6666$/.test(line));
  expect(lines[at + 1]).toMatch(/^ {20,}for documentation/);
  expect(lines.find((line) => / destination +2001:db8::1 +for documentation/.test(line))).toBeDefined();
});

test('the bytes: sixteen to a line, eight where the terminal is narrower than these', () => {
  const bytes = ipOf(synIpv6);
  const perLine = (columns: number) =>
    page(bytes, {}, columns).filter((line) => /^[0-9a-f]{4} {2}/.test(stripVTControlCharacters(line))).length;
  // 4 digits and 2 blanks, 48 and 1, and the 16 characters.
  expect([perLine(71), perLine(70)]).toEqual([5, 10]);
});
