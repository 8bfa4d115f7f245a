/** What experiments tell a person to type works as they say, in the lab's own shells. */
import { describe, expect, test } from 'vitest';
import { EXPERIMENTS } from '../../src/experiments/all.js';
import { byHandFailures } from '../support/lab-shell.js';

describe('the lines are held to what they promise', () => {
  test('one that prints it passes, in order, in both hosts, in the background too', async () => {
    expect(
      await byHandFailures([
        { host: 'server', line: 'timeout 5 nc -l -p 7777 >/tmp/rawshake-by-hand-$$ &' },
        { host: 'server', line: 'until ss -Htln sport = 7777 | grep LISTEN; do :; done', prints: 'LISTEN .*:7777' },
        { host: 'client', line: 'echo "hello, you" | nc -N 192.0.2.2 7777' },
        {
          host: 'server',
          line: 'wait; cat /tmp/rawshake-by-hand-$$; rm /tmp/rawshake-by-hand-$$',
          prints: '^hello, you$',
        },
        { host: 'client', line: '(read -t 0.1 </dev/zero; echo late) &', prints: '^late$' },
        { host: 'client', line: 'wait; ip -br addr show eth0', prints: '192\\.0\\.2\\.1/24.*2001:db8::1/64' },
      ]),
    ).toEqual([]);
  });

  test('one that does not is named', async () => {
    const failures = await byHandFailures([
      { host: 'client', line: 'echo first', prints: '^first$' },
      { host: 'server', line: 'echo second', prints: '^first$' },
    ]);
    expect(failures).toMatchObject([expect.stringMatching(/^echo second\nprinted: second/)]);
  });
});

describe.each(EXPERIMENTS.map(({ id, byHand }) => ({ id, byHand })))('$id', ({ byHand }) => {
  test('its lines by hand', async () => {
    expect(await byHandFailures(byHand)).toEqual([]);
  });
});
