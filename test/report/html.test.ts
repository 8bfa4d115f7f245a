import { describe, expect, test } from 'vitest';
import type { HandshakeRun } from '../../src/evidence/run.js';
import { REMEDIES } from '../../src/lab/remedies/index.js';
import { USER_RULE } from '../../src/lab/remedies/user-rules.js';
import { compareHtml } from '../../src/report/html/compare-page.js';
import { experimentsHtml } from '../../src/report/html/experiment-page.js';
import { html } from '../../src/report/html/markup.js';
import { EXPERIMENT_RUN, FILTERED_RUN, observed, RESET_RUN } from '../support/evidence.js';

const remedyOf = ({ remedy }: HandshakeRun) => (remedy === 'rule' ? USER_RULE : REMEDIES[remedy]);

const CONTEXT = { kernel: '6.18.44', rootless: false, language: 'en' } as const;

const compared = (...runs: Parameters<typeof compareHtml>[0]): string => compareHtml(runs, remedyOf, CONTEXT);

/** The text between two tags, without markup and line breaks. */
const texts = (page: string, pattern: RegExp): string[] =>
  [...page.matchAll(pattern)].map(([, inner = '']) => inner.replace(/<[^>]*>/g, '').trim());

test('markup: what is put in is escaped, markup is not, lists are joined, nothing is nothing', () => {
  const inner = html`<b>${'<&>"'}</b>`;
  expect(html`${inner}${[1, 'a']}${undefined}${null}`.markup).toBe('<b>&lt;&amp;&gt;&quot;</b>1a');
});

describe('compare', () => {
  test('shows every packet in its order, with who sent it', () => {
    const page = compared(RESET_RUN);
    expect(texts(page, /<span class="name">([^]*?)<\/span>/g)).toEqual(['SYN', 'SYN/ACK', 'RST', 'ACK', 'RST']);
    const senders = [...page.matchAll(/data-rung="packet"\s+data-from="(\w+)"\s+data-sender="(\w+)"/g)];
    expect(senders.map(([, from, sender]) => `${from ?? ''}'s ${sender ?? ''}`)).toEqual([
      ...["client's rawshake", "server's kernel", "client's kernel", "client's rawshake", "server's kernel"],
    ]);
  });

  test('a packet opens to its fields and its bytes', () => {
    const page = compared(RESET_RUN);
    expect(page).toMatch(/TCP header\s*<small>RFC 9293 §3\.1<\/small>/);
    expect(page).toContain('data-at="0">45</i>');
  });

  test('has one section for each run, its verdict and its rule', () => {
    const page = compared(RESET_RUN, FILTERED_RUN);
    expect([...page.matchAll(/data-remedy="(\w+)"/g)].map(([, id]) => id)).toEqual(['none', 'iptables']);
    expect(texts(page, /<span class="badge \w+">([^]*?)<\/span/g)).toEqual([
      'RESET by the client&#39;s own kernel',
      'ESTABLISHED',
    ]);
    expect(page).toContain('iptables -w -t raw');
  });

  test('what came over the wire is shown and never run', () => {
    const hostile = observed(11, 'client', 'rawshake', 'P.', { payload: Buffer.from('<script>alert(1)') });
    expect(compared({ ...RESET_RUN, packets: [hostile] })).not.toContain('<script>alert');
  });

  test('asks nothing of the network', () => {
    expect(compared(RESET_RUN, FILTERED_RUN)).not.toMatch(/(src|href)="(?!#|data:)|@import|url\(/);
  });
});

describe('experiments', () => {
  test('what was expected stands beside what was observed', () => {
    const page = experimentsHtml([EXPERIMENT_RUN], CONTEXT);
    expect(page).toMatch(/data-fact="answer"[^]*?R\. 0:0\(0\) ack 1[^]*?✓/);
    expect(page).toMatch(/data-fact="owner"[^]*?none[^]*?✗[^]*?LISTEN/);
    expect(page).toContain('not as expected');
  });

  test("one's own is not said to be a command's, has its title once, and its empty values are nothing", () => {
    const [fact] = EXPERIMENT_RUN.facts;
    const facts = fact === undefined ? [] : [{ ...fact, expected: '', observed: [] }];
    const own = experimentsHtml([{ ...EXPERIMENT_RUN, facts }], CONTEXT);
    expect(own).not.toContain('lab run');
    expect(own.split(EXPERIMENT_RUN.title.en)).toHaveLength(4); // <title>, <h1>, and the ladder's name
    expect(texts(own, /<td[^>]*>([^]*?)<\/td>/g).slice(0, 2)).toEqual(['nothing', expect.stringContaining('none')]);
    const command = `rawshake lab run ${EXPERIMENT_RUN.id} --family ${String(EXPERIMENT_RUN.family)}`;
    expect(experimentsHtml([EXPERIMENT_RUN], { ...CONTEXT, command: 'lab run' })).toContain(command);
  });

  test("a kernel's event stands at its time, and its stack in the order of the calls", () => {
    const page = experimentsHtml([EXPERIMENT_RUN], CONTEXT);
    const notes = texts(page, /<span class="note">([^]*?)<\/span>/g);
    expect(notes.map((note) => note.replace(/\s+/g, ' '))).toContain(
      'server&#39;s kernel: makes a RST: tcp_send_reset reason=NO_SOCKET',
    );
    expect(page).toMatch(/tcp_v4_send_reset[^]*tcp_v4_rcv[^]*ip_local_deliver/);
  });

  test('a stack of one function is shown, too', () => {
    const kernel = EXPERIMENT_RUN.kernel.map((event) => ({ ...event, stack: ['tcp_v4_send_reset'] }));
    expect(
      texts(experimentsHtml([{ ...EXPERIMENT_RUN, kernel }], CONTEXT), /<div class="stack">([^]*?)<\/div>/g),
    ).toEqual([expect.stringContaining('tcp_v4_send_reset')]);
  });

  test('says what could not be seen, what is claimed, and in Chinese', () => {
    const page = experimentsHtml([EXPERIMENT_RUN, EXPERIMENT_RUN], { ...CONTEXT, language: 'zh' });
    for (const words of ['lang="zh-CN"', '此处看不到的证据', '没有跟踪', '错误', '不如预期', '目录'])
      expect(page).toContain(words);
  });
});
