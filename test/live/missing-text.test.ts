/** What is missing of a connection that the kernel has, by what passed the interface. */
import { describe, expect, test } from 'vitest';
import { type KernelEnd, MissingText } from '../../src/live/missing-text.js';
import { seq } from '../../src/wire/seq.js';
import { observed } from '../support/evidence.js';

const text = (bytes: number) => Buffer.alloc(bytes, 'x');

const WINDOW = 60_000;
const STAMPED = (value: number, echo: number) => ({ options: [{ kind: 'timestamps', value, echo }] }) as const;

/** SYN, SYN/ACK, ACK, with timestamps or without. */
const handshake = (value?: number) => [
  observed(1, 'client', 'rawshake', 'S', value === undefined ? {} : STAMPED(7, 0)),
  observed(2, 'server', 'kernel', 'S.', { ack: 1, window: WINDOW, ...(value !== undefined && STAMPED(value, 7)) }),
  observed(3, 'client', 'rawshake', '.', { seq: 1, ack: 1, ...(value !== undefined && STAMPED(8, value)) }),
];

/** Then what the other side sends. */
function after(...sent: readonly ReturnType<typeof observed>[]) {
  return seenBy(...handshake(), ...sent).ofKernel('dead');
}

function seenBy(...packets: readonly ReturnType<typeof observed>[]) {
  const missing = new MissingText();
  for (const packet of packets) missing.observe(packet);
  return missing;
}

const beyond = (flags: string, more: object = {}) =>
  observed(4, 'server', 'kernel', flags, { seq: 2001, ack: 1, payload: text(10), ...more });

test('text and FIN beyond a gap, sent again and again to who tells nothing by SACK', () => {
  expect(after(beyond('F.'), beyond('F.'))).toEqual({ bytes: 2000, fin: true });
  expect(after(beyond('.'), beyond('.'))).toEqual({ bytes: 2000, fin: false });
});

test('once may be on its way still', () => {
  expect(after(beyond('F.'))).toBeUndefined();
});

test('what came after all is not missing', () => {
  const filled = observed(5, 'client', 'kernel', '.', { seq: 1, ack: 2012 });
  expect(after(beyond('F.'), beyond('F.'), filled)).toBeUndefined();
});

const ACKNOWLEDGED_AGAIN = observed(5, 'client', 'kernel', '.', { seq: 1, ack: 1 });

test.each([
  ['nobody has answered it', []],
  ['and all before it was taken then', [observed(5, 'client', 'kernel', '.', { seq: 1, ack: 2012 })]],
])('once, and %s: not missing, however long one waits', (_, answers) => {
  expect(seenBy(...handshake(), beyond('F.'), ...answers).ofKernel('silent')).toBeUndefined();
});

test('once does where one has waited, and the kernel has answered and left it out', () => {
  const once = seenBy(...handshake(), beyond('F.'), ACKNOWLEDGED_AGAIN);
  expect(['silent', 'dead'].map((end) => once.ofKernel(end as KernelEnd))).toEqual([
    { bytes: 2000, fin: true },
    undefined,
  ]);
});

test('what has come of the text before a gap leaves the gap', () => {
  const some = observed(5, 'client', 'kernel', '.', { seq: 1, ack: 501 });
  const partly = seenBy(...handshake(), beyond('.'), beyond('.', { seq: 5001 }), some);
  expect(partly.ofKernel('silent')).toEqual({ bytes: 1500, fin: false });
  partly.observe(observed(6, 'client', 'kernel', '.', { seq: 1, ack: 2011 }));
  expect(partly.ofKernel('silent')).toEqual({ bytes: 2990, fin: false });
});

describe('what every TCP drops is nobody’s text, be it next or beyond a gap', () => {
  const next = (more: object = {}) =>
    observed(4, 'server', 'kernel', '.', { seq: 1, ack: 1, payload: text(10), ...more });
  const OLD = 2_000_000_000;

  test.each([
    [
      'in time',
      5_000_000,
      [
        { bytes: 10, fin: false },
        { bytes: 2000, fin: false },
      ],
    ],
    ['older than TS.Recent', 4_999_999, [undefined, undefined]],
  ])('a timestamp that is %s', (_, value, expected) => {
    const found = [next, (more: object) => beyond('.', more)].map((forged) => {
      const sent = forged(STAMPED(value, 8));
      return seenBy(...handshake(5_000_000), sent, sent).ofKernel('dead');
    });
    expect(found).toEqual(expected);
  });

  test('a timestamp is as good as another where none was agreed on, or the kernel knows none', () => {
    const sent = next(STAMPED(OLD, 8));
    const adopted = observed(4, 'client', 'kernel', '.', { seq: 0, ack: 1, ...STAMPED(9, 0) });
    const found = [handshake(), [...handshake(5_000_000), adopted]].map((before) =>
      seenBy(...before, sent, sent).ofKernel('dead'),
    );
    expect(found).toEqual([
      { bytes: 10, fin: false },
      { bytes: 10, fin: false },
    ]);
  });

  test.each([
    ['as old as the largest window', WINDOW, { bytes: 10, fin: false }],
    ['older', WINDOW + 1, undefined],
  ])('an acknowledgment that is %s', (_, behind, expected) => {
    const upload = observed(4, 'client', 'kernel', '.', { seq: 100_001, ack: 1, payload: text(1000) });
    const acknowledged = observed(5, 'server', 'kernel', '.', { seq: 1, ack: 101_001, window: WINDOW / 2 });
    const sent = next({ ack: 101_001 - behind });
    expect(seenBy(...handshake(), upload, acknowledged, sent, sent).ofKernel('dead')).toEqual(expected);
  });

  test('a SYN on a connection', () => {
    const sent = observed(4, 'server', 'kernel', 'S.', { seq: 1, ack: 1, payload: text(10) });
    expect(after(sent, sent)).toBeUndefined();
  });

  test('beyond a window that was not scaled: the other side cannot', () => {
    const scale = { options: [{ kind: 'wscale', shift: 7 }] } as const;
    const [, synAck, ack] = handshake();
    const opened = [observed(1, 'client', 'rawshake', 'S', scale), synAck, ack] as const;
    const sent = beyond('.', { seq: 70_000 });
    const both = [opened[0], observed(2, 'server', 'kernel', 'S.', { ack: 1, window: WINDOW, ...scale }), ack] as const;
    const found = [opened, both].map((before) =>
      seenBy(...before.flatMap((packet) => packet ?? []), sent, sent).ofKernel('dead'),
    );
    expect(found).toEqual([undefined, { bytes: 69_999, fin: false }]);
  });

  test.each([
    ['the SYN/ACK was not seen', ['S'], 1],
    ['our SYN was not seen', ['S.'], 14],
    ['neither was seen', [], 14],
  ])('%s: as much as any shift that our window may have allows, and no more', (_, seen, shift) => {
    const scale = { options: [{ kind: 'wscale', shift: 1 }] } as const;
    const syns = [
      observed(1, 'client', 'rawshake', 'S', scale),
      observed(2, 'server', 'kernel', 'S.', { ack: 1, ...scale }),
    ];
    const [, , ack] = handshake();
    const before = [...syns.filter((_, i) => seen.includes(['S', 'S.'][i] ?? '')), ...(ack === undefined ? [] : [ack])];
    const [most] = before.slice(-1).map(({ segment }) => segment.window * 2 ** shift);
    const found = [0, 1].map((more) => {
      const sent = beyond('.', { seq: 1 + (most ?? 0) + more });
      return seenBy(...before, sent, sent).ofKernel('dead');
    });
    expect(found).toEqual([{ bytes: most, fin: false }, undefined]);
  });

  test('without the SYN/ACK, an acknowledgment as old as the largest window that it may have offered is one', () => {
    const [syn, , ack] = handshake().map((packet, i) =>
      i === 0 ? observed(1, 'client', 'rawshake', 'S', { options: [{ kind: 'wscale', shift: 7 }] }) : packet,
    );
    const upload = observed(4, 'client', 'kernel', '.', { seq: 1, ack: 1, payload: text(60_000) });
    const first = observed(5, 'server', 'kernel', '.', { seq: 1, ack: 60_001, window: 500 });
    const sent = next({ ack: 1 });
    const before = [syn, ack, upload, first].flatMap((packet) => packet ?? []);
    expect(seenBy(...before, sent, sent).ofKernel('dead')).toEqual({ bytes: 10, fin: false });
  });

  test('a RST in our name makes nothing acceptable', () => {
    const reset = observed(4, 'client', 'kernel', 'R', { seq: 1_000_000 });
    const sent = next({ ack: 900_000 });
    expect(after(reset, sent, sent)).toBeUndefined();
  });
});

test('what the kernel has acknowledged and not given is missing', () => {
  const closed = seenBy(...handshake(), observed(4, 'client', 'kernel', '.', { seq: 1, ack: 102 }));
  const irs = seq(9000); // as `observed` has it
  expect([100, 60, 0].map((bytes) => closed.unread(irs, bytes)?.bytes)).toEqual([undefined, 40, 100]);
});

test.each([
  ['a RST', beyond('R.')],
  ['one that acknowledges what was never sent', beyond('F.', { ack: 1_000_000 })],
  ['one that acknowledges what is long gone', beyond('F.', { ack: 2 ** 32 - 1_500_000_000 })],
  ['one from beyond the window', beyond('F.', { seq: 1_500_000_000 })],
])('%s is nobody’s text', (_, forged) => {
  expect(after(forged, forged, forged)).toBeUndefined();
});

test('what is damaged each time is missing all the same', () => {
  const whole = beyond('F.');
  const damaged = { ...whole, segment: { ...whole.segment, checksumOk: false } };
  expect(after(damaged, damaged)).toEqual({ bytes: 2000, fin: true });
});
