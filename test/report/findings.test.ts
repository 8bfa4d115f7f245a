/** Findings as JSON: in the words of the other reports, with the document's packets and its clock. */
import { expect, test } from 'vitest';
import type { Language } from '../../src/error.js';
import { experimentsJson } from '../../src/report/experiment-json.js';
import { compareJson } from '../../src/report/json.js';
import { verdict } from '../../src/report/words.js';
import { EXPERIMENT_RUN, RESET_RUN, traced } from '../support/evidence.js';

const CONTEXT = { kernel: '6.18.44', rootless: false };

test.each<Language>(['en', 'zh'])('compare, %s: what its verdict says, and why', (language) => {
  const run = traced(RESET_RUN);
  const [shown] = compareJson([run], CONTEXT, language).runs;
  expect(shown?.findings).toEqual([
    {
      id: 'own-kernel-reset',
      certainty: 'proven',
      host: 'client',
      at: shown?.packets[2]?.at,
      flow: run.flow,
      text: verdict(run)[language],
      because: expect.stringContaining('tcp_v4_rcv -> tcp_v4_send_reset') as string,
      do: [expect.stringContaining('--tcp-flags RST RST') as string],
      packets: [1, 2],
      source: 'RFC 9293 §3.10.7.1',
    },
  ]);
});

test('lab run: of each connection', () => {
  const [shown] = experimentsJson([EXPERIMENT_RUN], { ...CONTEXT, language: 'en' }).experiments;
  expect(shown?.findings).toMatchObject([{ id: 'refused', host: 'client', packets: [0, 1], do: [] }]);
});
