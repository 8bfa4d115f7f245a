/** `compare --step`, on a terminal and off it. */
import { constants } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import { json, rawshake } from '../support/cli.js';
import { Terminal } from '../support/terminal.js';

const PROMPT = /any key: next packet {3}a: all {3}q: quit/;

let terminal: Terminal | undefined;
afterEach(() => terminal?.close());
const step = (...args: string[]): Terminal => (terminal = new Terminal(['compare', '--step', ...args]));

describe('a packet for each key', () => {
  test('the tables first, then the SYN, and nothing beyond it until the next key', async () => {
    const shown = step('--remedy', 'none');
    await shown.until(/server's kernel: LISTEN on :8888\s+any key/);
    expect(shown.seen).not.toContain('SYN');
    shown.type(' ');
    await shown.until(/0\.000 {2}SYN ─+▶ {2}rawshake[^]*any key/);
    expect(shown.seen).not.toContain('SYN/ACK');
    shown.type('x');
    await shown.until(/◀─+ SYN\/ACK {2}server's kernel[^]*any key/);
    shown.type('a');
    await shown.until(/half-open entry gone[^]*RESET by the client's own kernel[^]*The run went as expected\./);
    expect(await shown.ended()).toBe(0);
  });

  test('each of our segments is followed by what the tables say then', async () => {
    const shown = step('--remedy', 'iptables');
    await shown.until(PROMPT);
    shown.type('a');
    await shown.until(
      /ACK ─+▶ {2}rawshake\s+[\d.]+ {2}client's kernel: no socket owns :41000\s+[\d.]+ {2}server's kernel: ESTABLISHED/,
    );
    expect(await shown.ended()).toBe(0);
  });

  test('q ends it; the exit status is that of the runs', async () => {
    const shown = step('--remedy', 'none');
    await shown.until(PROMPT);
    shown.type('q');
    expect(await shown.ended()).toBe(0);
    expect(shown.seen).not.toContain('SYN ');
  });

  test('Ctrl-C: 130', async () => {
    const shown = step('--remedy', 'none');
    await shown.until(PROMPT);
    shown.type('\u0003');
    expect(await shown.ended()).toBe(130);
    expect(shown.seen).toContain('rawshake: compare: interrupted');
  });
});

test.each(['SIGQUIT', 'SIGUSR2', 'SIGALRM'] as const)(
  '%s from outside: it dies of it, the terminal as it was',
  async (signal) => {
    const around = (program: string): string =>
      `(echo "pid $BASHPID"; exec ${program}); status=$?; stty -a; echo "status $status"`;
    const shown = (terminal = new Terminal(['compare', '--step', '--remedy', 'none'], {}, around));
    const [, pid] = await shown.until(/pid (\d+)/);
    await shown.until(PROMPT);
    process.kill(Number(pid), signal);
    const [, status] = await shown.until(/[^-]icanon[^]*[^-]echo [^]*status (\d+)/);
    expect(Number(status)).toBe(128 + constants.signals[signal]);
  },
);

describe('without a terminal', () => {
  test('exit 2, and what to do', async () => {
    const { code, stdout, stderr } = await rawshake(['compare', '--step']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^rawshake: usage: --step needs a terminal\nhint: Run it in a terminal/);
  });

  test('nor with --json', async () => {
    const result = await rawshake(['compare', '--step', '--json']);
    expect(result.code).toBe(2);
    expect(json(result)).toMatchObject({ error: { code: 'RS_USAGE' } });
  });
});
