/** Hostile names, captures, answers and exercises given to the program itself: what reaches the terminal, and what is run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { afterAll, describe, expect, test } from 'vitest';
import { pcapng } from '../../src/capture/pcapng.js';
import { shellLine } from '../../src/filter/shell.js';
import { runCommand } from '../../src/linux/process/command.js';
import { emitPacket } from '../../src/wire/index.js';
import { json, rawshake } from '../support/cli.js';
import { raw } from '../support/hostile.js';
import { LabShells } from '../support/lab-shell.js';

const EXERCISE = 'exercises/01-first-ack.yaml';

const base = mkdtempSync(join(tmpdir(), 'rawshake-text-'));
afterAll(() => rmSync(base, { recursive: true }));

/** A name that clears the screen, makes up a line, and turns the rest around. */
const NAME = 'a\u001b[2J\nrawshake: forged\u202e\u009b1m';
const SHOWN = 'a\\u001b[2J\\nrawshake: forged\\u202e\\u009b1m';

test('with RAWSHAKE_DEBUG=1 nothing acts on a terminal either', async () => {
  const { stderr } = await rawshake(['dissect', join(base, NAME)], { env: { RAWSHAKE_DEBUG: '1' } });
  expect(stderr).toMatch(/^ {4}at /m);
  expect(raw(stderr.replaceAll('\n', ''))).toEqual([]);
});

describe('an error about a hostile name is one line and its hint', () => {
  const missing = join(base, NAME);
  test.each([
    { command: ['dissect', missing], says: `${base}/${SHOWN}: cannot be read` },
    { command: ['lab', 'exercise', missing], says: `${base}/${SHOWN}: cannot be read` },
    { command: ['lab', 'grade', missing, '--exercise', EXERCISE], says: `${base}/${SHOWN}: cannot be read` },
    { command: ['lab', 'run', NAME], says: `usage: there is no experiment '${SHOWN}'` },
    { command: ['lab', 'show', NAME], says: `usage: there is no experiment '${SHOWN}'` },
    { command: ['listen', '8080', '--http', missing], says: `${base}/${SHOWN}: no such folder` },
    { command: ['filter', 'list', '--netns', NAME], says: `network namespace ${SHOWN}` },
    { command: ['connect', NAME, '80'], says: SHOWN },
    { command: ['build', `--${NAME}`], says: `usage: unknown option '--${SHOWN}'` },
    { command: ['lab', 'exercise', EXERCISE, '--student', NAME], says: "usage: option '--student <name>' argument" },
    { command: ['lab', 'shell', '--exercise', EXERCISE, '--student', NAME], says: SHOWN },
    { command: [NAME], says: `usage: unknown command '${SHOWN}'` },
    { command: ['compare', '--rule', '-A OUTPUT --\u001b[2Jx\u202e'], says: '--\\u001b[2Jx\\u202e' },
  ])('$command.0 $command.1', async ({ command, says }) => {
    const { stdout, stderr } = await rawshake(command);
    expect(raw(stdout + stderr)).toEqual([]);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toEqual([expect.stringContaining(says), expect.stringMatching(/^hint: /)]);
    expect(lines[0]).toMatch(/^rawshake: /);
  });

  test('as JSON it is exact, and nothing in it acts on a terminal', async () => {
    const result = await rawshake(['dissect', missing, '--json']);
    expect(raw(result.stdout)).toEqual([]);
    expect(json(result)).toMatchObject({ error: { message: `${missing}: cannot be read (ENOENT)` } });
  });

  test('a file that cannot be written', async () => {
    const { stderr } = await rawshake(['compare', '--remedy', 'none', '--pcap', join(missing, 'x.pcapng')]);
    expect(raw(stderr)).toEqual([]);
    expect(stderr).toContain(`rawshake: ${base}/${SHOWN}/x.pcapng: cannot be written`);
  });

  test('a script with several problems: a line each, the keys of a stranger among them', async () => {
    const script = join(base, `${NAME}.yaml`);
    const more = '"\\e[2J\\nrawshake: forged": 1\n';
    writeFileSync(script, readFileSync(EXERCISE, 'utf8').replace('- listen:', '- lisen:') + more);
    const { code, stderr } = await rawshake(['lab', 'exercise', script]);
    expect(code).toBe(2);
    expect(raw(stderr)).toEqual([]);
    const lines = stderr.trimEnd().split('\n');
    expect(lines.slice(0, -1).every((line) => line.includes(`${SHOWN}.yaml:`))).toBe(true);
    expect(lines.length).toBeGreaterThan(2);
  });
});

describe('a capture of a stranger', () => {
  const COMMENT = 'note \u001b]0;title\u0007\u001b[2J\u009b1m\n1.000000  forged > line\u2028\u202e';
  const INTERFACE = 'if\u001b[31m\rx';

  /** As a stranger's program writes it: ours would escape. */
  function capture(packets: number): string {
    const [name, comment] = [INTERFACE, COMMENT].map((text) => Buffer.from(text));
    if (name === undefined || comment === undefined) throw new TypeError('no text');
    const [x, y] = ['X'.repeat(name.length), 'Y'.repeat(comment.length)];
    const ip = { version: 4, src: '192.0.2.1', dst: '192.0.2.2' } as const;
    const payload = new TextEncoder().encode('\u001b[2J\n\u202e');
    const bytes = emitPacket({ ip, tcp: { srcPort: 41000, dstPort: 80, flags: 'P.', payload } });
    const packet = { interfaceId: 0, epochMs: 1, bytes, comment: y };
    const file = Buffer.from(pcapng([{ name: x, linkType: 101 }], Array<typeof packet>(packets).fill(packet)));
    for (const [mark, text] of [[x, name] as const, [y, comment] as const])
      for (let at = file.indexOf(mark); at >= 0; at = file.indexOf(mark)) text.copy(file, at);
    const path = join(base, `stranger-${String(packets)}.pcapng`);
    writeFileSync(path, file);
    return path;
  }

  test('a line for each packet, whatever its comment holds; where tshark hands the escapes on', async () => {
    const file = capture(3);
    const { code, stdout } = await rawshake(['dissect', file]);
    expect(code).toBe(0);
    expect(raw(stdout)).toEqual([]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(stdout).toContain(
      '# note \\u001b]0;title\\u0007\\u001b[2J\\u009b1m\\n1.000000  forged > line\\u2028\\u202e',
    );
    expect(runCommand(['tshark', '-r', file, '-T', 'fields', '-e', 'frame.comment'])).toContain('\u001b]0;title\u0007');
  });

  test('the page of one packet', async () => {
    const { stdout } = await rawshake(['dissect', capture(1)]);
    expect(raw(stdout)).toEqual([]);
    expect(stdout).toContain('on if\\u001b[31m\\rx');
  });

  test('JSON: the text as it was noted, escaped', async () => {
    const result = await rawshake(['dissect', capture(2), '--json']);
    expect(raw(result.stdout)).toEqual([]);
    const noted = { interface: INTERFACE, comments: [COMMENT] };
    expect(json(result)).toMatchObject([noted, noted]);
  });
});

describe('a folder of submissions', () => {
  const folder = join(base, 'submissions');
  mkdirSync(folder);
  const files = [`${NAME}.yaml`, '=cmd()\u001b[2J.yaml', 'x;=1+1;\u001b[2J.yaml'];
  const answers = 'student: "=1 forged\\u202e"\nanswers: { ack: "\\e[31m" }\n';
  for (const file of files) writeFileSync(join(folder, file), answers);
  writeFileSync(join(folder, 'broken\u001b[2J.yaml'), '"\\e[2J\\nx": 1\n');

  test('on a terminal, progress included, as CSV and as JUnit: a row each, nothing raw, no formula', async () => {
    const [csv, junit] = [join(base, 'grades.csv'), join(base, 'grades.xml')];
    const args = ['lab', 'grade', folder, '--exercise', EXERCISE, '--csv', csv, '--junit', junit];
    const line = shellLine([process.execPath, 'bin/rawshake.js', ...args]);
    // The progress is shown where stderr is a terminal and stdout is none.
    const table = join(base, 'table');
    const child = spawn('script', ['--quiet', '--return', '--command', `${line} >${table}`, '/dev/null'], {
      env: { ...process.env, LANG: 'C.UTF-8', NO_COLOR: '1', SHELL: '/bin/bash' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let seen = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text));
    await once(child, 'close');
    expect(seen).toContain('\\u001b[2J'); // each name has it, for not every one is shown
    expect(raw(seen.replaceAll('\r\u001b[K', '').replaceAll('\r\n', '\n'))).toEqual([]);

    const text = readFileSync(table, 'utf8');
    expect(raw(text)).toEqual([]);
    expect(text.split('\n').filter((row) => row.includes('.yaml '))).toHaveLength(4);
    const rows: string[][] = parseCsv(readFileSync(csv, 'utf8'));
    expect(rows.map(([file]) => file)).toEqual(
      expect.arrayContaining([
        "'=cmd()\\u001b[2J.yaml",
        `${SHOWN}.yaml`,
        "x;'=1+1;\\u001b[2J.yaml",
        'broken\\u001b[2J.yaml',
      ]),
    );
    expect(rows).toHaveLength(5);
    expect(raw(readFileSync(csv, 'utf8').replaceAll('\r\n', '\n'))).toEqual([]);
    expect(raw(readFileSync(junit, 'utf8'))).toEqual([]);
  });

  test('JSON has the names as they are', async () => {
    const result = await rawshake(['lab', 'grade', folder, '--exercise', EXERCISE, '--json']);
    expect(raw(result.stdout)).toEqual([]);
    const { submissions } = json(result) as { submissions: { file: string; student: string | null }[] };
    expect(submissions.map(({ file }) => file)).toEqual(expect.arrayContaining(files));
    expect(submissions.map(({ student }) => student)).toContain('=1 forged\u202e');
  });
});

describe('a shell is never handed text of others to run', () => {
  const mark = join(base, 'was-run');
  /** As long as a name may be. */
  const student = `'$(touch ${mark})'; touch ${mark}`;
  const command = `$(touch ${mark})\`touch ${mark}\`'; touch ${mark}; '`;

  test('lab shell --exercise: title, text and student', async () => {
    const exercise = join(base, `${command.replaceAll('/', '_')}.yaml`);
    const hostile = JSON.stringify(`\u001b[2J${command}\n\\n`);
    writeFileSync(exercise, readFileSync(EXERCISE, 'utf8').replace(/^title:\n.*\n.*\n/m, `title: ${hostile}\n`));
    const shells = new LabShells(['--exercise', exercise, '--student', student]);
    const { printed } = await shells.run('client', 'env | grep touch; echo "found: $?"');
    expect(await shells.end()).toBe(0);
    expect(printed).toContain('found: 1');
    expect(raw(shells.client.printed)).toEqual([]);
    expect(existsSync(mark)).toBe(false);
  });

  test('a line to be pasted names the file that was meant, and runs nothing else', async () => {
    const exercise = join(base, `\u001b[2J${command.replaceAll('/', '_')}.yaml`);
    writeFileSync(exercise, readFileSync(EXERCISE));
    const { stdout } = await rawshake(['lab', 'exercise', exercise, '--student', 'bob']);
    expect(raw(stdout)).toEqual([]);
    const [line = ''] = /^ {2}rawshake lab exercise .*$/m.exec(stdout) ?? [];
    const echo = `rawshake() { printf '%s\\0' "$@"; }; cd ${base}; ${line}`;
    expect(runCommand(['bash', '-c', echo]).split('\0')).toContain(exercise);
    expect(existsSync(mark)).toBe(false);
  });
});
