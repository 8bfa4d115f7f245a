/** A folder of submissions with everything that strangers put into one: each thing has its row and reason, and none takes the others. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { submissionsIn } from '../../src/exercise/submissions.js';
import { type CliResult, json, rawshake } from '../support/cli.js';

const EXERCISE = 'exercises/01-first-ack.yaml';
const SOLUTION = readFileSync('exercises/solutions/01-first-ack.yaml', 'utf8');

/** Each submission is a process: on a machine with much else to do, a folder of them takes its time. */
const LONG_MS = 240_000;
vi.setConfig({ testTimeout: LONG_MS });

const full = (text: string): string => text.repeat((64 << 10) / text.length);

interface GradesJson {
  readonly ok: boolean;
  readonly submissions: readonly {
    readonly file: string;
    readonly graded: boolean;
    readonly points: number;
    readonly note: string | null;
  }[];
  readonly passedOver: readonly { readonly file: string; readonly why: string; readonly clutter: boolean }[];
}

const rowsOf = (result: CliResult): Readonly<Record<string, GradesJson['submissions'][number]>> =>
  Object.fromEntries((json(result) as GradesJson).submissions.map((row) => [row.file, row]));

const grade = (folder: string, ...more: readonly string[]) =>
  rawshake(['lab', 'grade', folder, '--exercise', EXERCISE, '--json', ...more]);

/** A folder for one test. */
function folder(fill: (put: (name: string | Buffer, text: string | Buffer) => void, path: string) => void): string {
  const path = mkdtempSync(join(tmpdir(), 'rawshake-submissions-'));
  fill((name, text) => {
    const bytes = typeof name === 'string' ? Buffer.from(name) : name;
    writeFileSync(Buffer.concat([Buffer.from(`${path}/`), bytes]), text);
  }, path);
  return path;
}

describe('broken in every way', () => {
  /** By file: what its row says. */
  const BROKEN: Readonly<Record<string, readonly [text: string | Buffer, note: RegExp]>> = {
    'brackets.yaml': ['['.repeat(20_000), /^1:100: expected YAML: nested deeper than 100 levels$/],
    'braces.yaml': [full('{a: '), /nested deeper/],
    'dashes.yaml': [full('- '), /nested deeper/],
    'circle.yaml': ['student: a\nanswers: &a { ack: *a }\n', /nested deeper than 100 levels, by an alias/],
    'bomb.yaml': [
      `k0: &a0 [[]]\n${Array.from({ length: 8 }, (_, i) => `k${String(i + 1)}: &a${String(i + 1)} [${`*a${String(i)}, `.repeat(10)}]\n`).join('')}answers: { ack: *a8 }\n`,
      /aliases \(\*\) that stand for less/,
    ],
    'bangs.yaml': [full('!'), /expected/],
    'zeros.yaml': [Buffer.alloc(64 << 10), /expected/],
    'larger.yaml': ['x'.repeat((64 << 10) + 1), /^larger than 64 KiB$/],
    'latin1.yaml': [Buffer.from('student: Zo\xeb\nanswers: { ack: 1 }\n', 'latin1'), /^not in UTF-8/],
    'empty.yaml': ['', /^1:1: expected answers/],
    'proto.yaml': [`${SOLUTION}  __proto__: { a: 1 }\n`, /expected another key than __proto__/],
    'two.yaml': [`${SOLUTION}---\n${SOLUTION}`, /a second document begins here/],
  };
  /** By file: what is right all the same. */
  const RIGHT: Readonly<Record<string, string | Buffer>> = {
    'bom.yaml': `\ufeff${SOLUTION}`,
    'utf-16.yaml': Buffer.from(`\ufeff${SOLUTION}`, 'utf16le'),
    'utf-16be.yaml': Buffer.from(SOLUTION, 'utf16le').swap16(),
    'crlf.yaml': SOLUTION.replaceAll('\n', '\r\n'),
    'line\nbreak.yaml': SOLUTION,
    '__proto__.yaml': `${SOLUTION}  constructor: 5\n  toString: 6\n`,
    '=cmd.yml': SOLUTION,
  };
  const [E8, E9] = [0xe8, 0xe9].map((byte) => Buffer.from([0x63, 0x61, 0x66, byte, ...Buffer.from('.yaml')]));
  let path: string;
  let result: CliResult;
  const csv = join(tmpdir(), `rawshake-${String(process.pid)}.csv`);
  const junit = join(tmpdir(), `rawshake-${String(process.pid)}.xml`);

  beforeAll(async () => {
    path = folder((put, at) => {
      for (const [name, [text]] of Object.entries(BROKEN)) put(name, text);
      for (const [name, text] of Object.entries(RIGHT)) put(name, text);
      put(E8 ?? '', SOLUTION);
      put(E9 ?? '', SOLUTION);
      put('caf\\xE9.yaml', SOLUTION);
      execFileSync('mkfifo', [join(at, 'fifo.yaml')]);
      symlinkSync('/etc/passwd', join(at, 'link.yaml'));
      symlinkSync('nowhere', join(at, 'dangling.yaml'));
      symlinkSync('/dev/zero', join(at, 'device.yaml'));
      mkdirSync(join(at, 'folder.yaml'));
      writeFileSync(join(at, 'folder.yaml', 'a.yaml'), SOLUTION);
    });
    const server = createServer().listen(join(path, 'socket.yaml'));
    result = await grade(path, '--csv', csv, '--junit', junit);
    server.close();
  }, LONG_MS);

  test('exit 1, one JSON document, and a row for each', () => {
    expect(result).toMatchObject({ code: 1, stderr: '' });
    const rows = rowsOf(result);
    for (const [name, [, note]] of Object.entries(BROKEN)) {
      expect(rows[name], name).toMatchObject({ graded: false, points: 0, note: expect.stringMatching(note) as string });
    }
    for (const name of [
      ...Object.keys(RIGHT),
      'caf\\xE8.yaml',
      'caf\\xE9.yaml',
      'caf\\x5CxE9.yaml',
      'folder.yaml/a.yaml',
    ])
      expect(rows[name], name).toMatchObject({ graded: true, points: 4 });
    for (const name of ['fifo.yaml', 'link.yaml', 'dangling.yaml', 'device.yaml', 'socket.yaml'])
      expect(rows[name], name).toMatchObject({ graded: false, note: 'no file of its own' });
  });

  test('the same in CSV and JUnit', () => {
    const rows = readFileSync(csv, 'utf8');
    const suites = readFileSync(junit, 'utf8');
    for (const { file } of (json(result) as GradesJson).submissions) {
      const name = file.replace('\n', '');
      if (name !== file) continue; // how such a name is written is the report's
      expect(rows).toContain(name);
      expect(suites).toContain(name);
    }
    rmSync(csv);
    rmSync(junit);
  });
});

describe('a folder for each student', () => {
  const path = folder((put, at) => {
    for (const name of ['amber', 'Bo_12345_assignsubmission_file_', 'two', 'none', 'empty', 'deep', '__MACOSX', '.git'])
      mkdirSync(join(at, name));
    put('amber/answers.yaml', SOLUTION);
    put('amber/notes.txt', 'a');
    put('amber/._answers.yaml', '\0\x05\x16\x07');
    put('Bo_12345_assignsubmission_file_/answers.yml', SOLUTION.replace('teacher', 'bo'));
    put('two/a.yaml', SOLUTION.replace('teacher', 'two'));
    put('two/b.yaml', SOLUTION.replace('teacher', 'two'));
    put('none/answers.docx', 'PK');
    mkdirSync(join(at, 'deep', 'inner'));
    put('deep/inner/answers.yaml', SOLUTION);
    put('__MACOSX/._answers.yaml', '\0');
    for (const name of ['amber.txt', 'carl.zip', 'README.md', '.DS_Store']) put(name, 'a');
    symlinkSync('amber', join(at, 'linked'));
  });

  test('is graded under its name; what is not graded is named, with the reason', async () => {
    const result = await grade(path);
    expect(result).toMatchObject({ code: 1, stderr: '' });
    const { ok, submissions, passedOver } = json(result) as GradesJson;
    expect(ok).toBe(false);
    expect(submissions.map(({ file, graded, note }) => [file, graded, note])).toEqual([
      ['Bo_12345_assignsubmission_file_/answers.yml', true, null],
      ['amber/answers.yaml', true, null],
      ['deep/', false, 'no YAML file (.yaml, .yml) in it'],
      ['empty/', false, 'no YAML file (.yaml, .yml) in it'],
      ['none/', false, 'no YAML file (.yaml, .yml) in it'],
      ['two/a.yaml', true, 'one of 2 files in this folder; the same student as in two/b.yaml'],
      ['two/b.yaml', true, 'one of 2 files in this folder; the same student as in two/a.yaml'],
    ]);
    expect(passedOver.map(({ file, why, clutter }) => [file, clutter, why])).toEqual([
      ['.DS_Store', true, "nobody's answers, by its name"],
      ['.git/', true, "nobody's answers, by its name"],
      ['README.md', true, "nobody's answers, by its name"],
      ['__MACOSX/', true, "nobody's answers, by its name"],
      ['amber/._answers.yaml', true, "nobody's answers, by its name"],
      ['amber/notes.txt', true, 'no YAML file (.yaml, .yml)'],
      ['amber.txt', false, 'no YAML file (.yaml, .yml)'],
      ['carl.zip', false, 'an archive: unpack it'],
      ['deep/inner/', false, "a folder in a student's folder"],
      ['linked', false, 'no file of its own'],
      ['none/answers.docx', false, 'no YAML file (.yaml, .yml)'],
    ]);
  });

  test('in the table, in CSV and in JUnit, too', async () => {
    const csv = join(path, '..', `rawshake-${String(process.pid)}-folders.csv`);
    const junit = csv.replace(/csv$/, 'xml');
    const args = ['lab', 'grade', path, '--exercise', EXERCISE, '--csv', csv, '--junit', junit, '--lang', 'zh'];
    const { stdout } = await rawshake(args);
    expect(stdout).toMatch(/^ {2}carl\.zip +压缩包：请先解压$/m);
    expect(readFileSync(csv, 'utf8')).toContain('carl.zip,,,,,,,未评阅: 压缩包：请先解压\r\n');
    expect(readFileSync(junit, 'utf8')).toMatch(/<testcase name="carl\.zip" [^>]*>\s*<skipped message="压缩包/);
    rmSync(csv);
    rmSync(junit);
  });

  test('exit 0 where all that is passed over is nobody’s', async () => {
    const whole = folder((put, at) => {
      mkdirSync(join(at, 'amber'));
      put('amber/answers.yaml', SOLUTION);
      put('amber/notes.txt', 'a');
      for (const name of ['README.md', '.DS_Store', 'grades.csv']) put(name, 'a');
    });
    const result = await grade(whole);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect((json(result) as GradesJson).passedOver).toHaveLength(4);
  });

  test('a folder with YAML in it is somebody’s, whatever its name', async () => {
    const names = ['.amber', 'readme_lee', 'li.xml'];
    const path = folder((put, at) => {
      for (const name of [...names, '.cache']) mkdirSync(join(at, name));
      for (const name of names) put(`${name}/answers.yaml`, SOLUTION);
      put('.cache/notes.txt', 'a');
    });
    const result = await grade(path);
    expect(result.code).toBe(0);
    const { submissions, passedOver } = json(result) as GradesJson;
    expect(submissions.map(({ file, points }) => [file, points])).toEqual(
      [...names].sort().map((name) => [`${name}/answers.yaml`, 4]),
    );
    expect(passedOver.map(({ file }) => file)).toEqual(['.cache/']);
  });

  test('one remark hides no other, and a name with a line break cuts none off', async () => {
    const path = folder((put, at) => {
      mkdirSync(join(at, 'a'));
      put('a/1.yaml', SOLUTION);
      put('a/2.yaml', SOLUTION.replace('teacher', "''"));
      put('b\nc.yaml', SOLUTION);
      put('d.yaml', SOLUTION);
    });
    const rows = rowsOf(await grade(path));
    expect(rows['a/1.yaml']?.note).toBe('one of 2 files in this folder; the same student as in b\\nc.yaml, d.yaml');
    expect(rows['a/2.yaml']?.note).toBe('one of 2 files in this folder; names no student');
    expect(rows['d.yaml']?.note).toBe('the same student as in a/1.yaml, b\\nc.yaml');
  });

  test('answers under ids that nobody asked for: misspelt, or those of another exercise', async () => {
    const path = folder((put) => {
      put('a.yaml', SOLUTION.replace('  ack:', '  ack1:').replace('teacher', 'a'));
      put('b.yaml', readFileSync('exercises/solutions/02-closed-port.yaml', 'utf8').replace('teacher', 'b'));
      put('c.yaml', `${SOLUTION.replace('teacher', 'c')}  "q\\n\\e[2J": 1\n`);
      put('d.yaml', `${SOLUTION.replace('teacher', 'd')}  ack: 1\n`);
    });
    const result = await grade(path);
    const rows = rowsOf(result);
    expect(rows['a.yaml']).toMatchObject({ note: 'answers what is not asked: ack1', unknownAnswers: ['ack1'] });
    expect(rows['b.yaml']?.note).toMatch(/^answers what is not asked: \w+/);
    expect(rows['c.yaml']).toMatchObject({ graded: true, note: 'answers what is not asked: q\\n\\u001b[2J' });
    expect(rows['d.yaml']).toMatchObject({
      graded: false,
      note: expect.stringContaining('expected each key once, and ack is there already') as string,
    });
    const { stdout } = await rawshake(['lab', 'exercise', EXERCISE, '--answers', join(path, 'a.yaml')]);
    expect(stdout).toContain('\nanswers what is not asked: ack1\n');
  });

  test('a file that cannot be written: the result all the same, the other file, and exit 2', async () => {
    const path = folder((put) => put('amber.yaml', SOLUTION));
    const junit = join(path, 'grades.xml');
    const result = await grade(path, '--csv', '/dev/full', '--junit', junit);
    expect(result).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('/dev/full: cannot be written (ENOSPC)') as string,
    });
    expect(rowsOf(result)['amber.yaml']).toMatchObject({ graded: true, points: 4 });
    expect(readFileSync(junit, 'utf8')).toContain('amber.yaml');
  });

  test('one student alone cannot keep the others waiting with files', async () => {
    const many = folder((put, at) => {
      mkdirSync(join(at, 'amber'));
      for (let i = 10; i < 22; i++) put(`amber/${String(i)}.yaml`, '- 1');
      for (let i = 10; i < 99; i++) put(`amber/${String(i)}.txt`, '');
      put('bo.yaml', SOLUTION);
    });
    const { submissions, passedOver } = json(await grade(many)) as GradesJson;
    expect(submissions).toHaveLength(11);
    expect(passedOver).toHaveLength(2 + 20 + 1);
    expect(passedOver.at(-1)).toEqual({ file: 'amber/…', why: '69 more', clutter: true });
  });

  test('nothing that could be graded: exit 2, and what there is instead', async () => {
    const none = folder((put) => put('amber.txt', 'a'));
    const result = await grade(none);
    expect(result.code).toBe(2);
    expect(json(result)).toMatchObject({
      error: { code: 'RS_FILE', message: `${none}: no YAML file in it, but amber.txt` },
    });
  });
});

describe('what befalls a process', () => {
  /** The rows of `gradeFolder`, in a process in which `before` was done first; one submission at a time. */
  function gradesIn(path: string, meanwhile: Meanwhile): unknown {
    const { before = '', onGrade = '', prefix = [], exercise = EXERCISE } = meanwhile;
    const script = `
      import { spawnSync } from 'node:child_process';
      import { readdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
      import { gradeFolder } from 'rawshake/exercise';
      const folder = ${JSON.stringify(path)};
      ${before}
      const options = { atOnce: 1, onGrade: (_grade, done) => { ${onGrade} } };
      const { grades } = await gradeFolder(folder, ${JSON.stringify(exercise)}, options);
      console.log(JSON.stringify(grades.map(({ file, graded, note }) => [file, graded, note?.en ?? null])));`;
    const [program, ...args] = [...prefix, process.execPath, '--input-type=module', '--eval', script];
    return JSON.parse(execFileSync(program, args, { encoding: 'utf8' }));
  }

  interface Meanwhile {
    readonly before?: string;
    readonly onGrade?: string;
    readonly prefix?: readonly string[];
    readonly exercise?: string;
  }

  /** Submissions of these names. */
  const of = (...names: readonly string[]): string =>
    folder((put) => {
      for (const name of names) put(`${name}.yaml`, SOLUTION.replace('teacher', name));
    });

  test('a file that vanishes, or becomes a link, before its turn', () => {
    const onGrade = `if (done === 1) {
      unlinkSync(folder + '/b.yaml');
      unlinkSync(folder + '/c.yaml');
      symlinkSync('/etc/passwd', folder + '/c.yaml');
    }`;
    expect(gradesIn(of('a', 'b', 'c', 'd'), { onGrade })).toEqual([
      ['a.yaml', true, null],
      ['b.yaml', false, 'cannot be read (ENOENT)'],
      ['c.yaml', false, 'no file of its own'],
      ['d.yaml', true, null],
    ]);
  });

  test('an exercise that is saved anew, or goes: all are graded by the same', () => {
    for (const change of [`writeFileSync(exercise, 'id: other')`, 'unlinkSync(exercise)']) {
      const exercise = folder((put) => put('exercise.yaml', readFileSync(EXERCISE))) + '/exercise.yaml';
      const before = `const exercise = ${JSON.stringify(exercise)};`;
      expect(gradesIn(of('a', 'b'), { exercise, before, onGrade: `if (done === 1) ${change};` })).toEqual([
        ['a.yaml', true, null],
        ['b.yaml', true, null],
      ]);
    }
  });

  test('a folder that becomes a link, or another folder, before its turn', () => {
    const path = of('a', 'd');
    const elsewhere = of('answers');
    for (const name of ['b', 'c']) {
      mkdirSync(join(path, name));
      writeFileSync(join(path, name, 'answers.yaml'), SOLUTION.replace('teacher', name));
    }
    const onGrade = `if (done === 1) {
      for (const name of ['b', 'c']) renameSync(folder + '/' + name, folder + '/' + name + '.was');
      symlinkSync(${JSON.stringify(elsewhere)}, folder + '/b');
      symlinkSync('c.was', folder + '/c');
    }`;
    expect(gradesIn(path, { onGrade })).toEqual([
      ['a.yaml', true, null],
      ['b/answers.yaml', false, 'no file of its own'],
      ['c/answers.yaml', false, 'no file of its own'],
      ['d.yaml', true, null],
    ]);
  });

  test('a file and a folder that may not be read', () => {
    const path = of('a', 'b');
    mkdirSync(join(path, 'c'));
    for (const name of ['b.yaml', 'c']) {
      chmodSync(join(path, name), 0);
      chownSync(join(path, name), 4321, 4321); // mapped into no user namespace
    }
    expect(gradesIn(path, { prefix: ['unshare', '--user', '--map-root-user', '--net'] })).toEqual([
      ['a.yaml', true, null],
      ['b.yaml', false, 'cannot be read (EACCES)'],
      ['c/', false, 'cannot be read (EACCES)'],
    ]);
  });

  test('a process that is killed, as where memory runs out', () => {
    const before = `const watch = setInterval(() => {
      const children = readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim().split(' ');
      if (children[0] === '') return;
      clearInterval(watch);
      process.kill(Number(children[0]), 'SIGKILL');
    }, 1);`;
    expect(gradesIn(of('a', 'b'), { before })).toEqual([
      ['a.yaml', false, 'its process was ended by SIGKILL'],
      ['b.yaml', true, null],
    ]);
  });

  test('a grading process goes with the one that has started it, whatever it is doing', async () => {
    const before = `const hasLab = (fds) => readdirSync(fds).some((fd) => {
      try { return readlinkSync(fds + fd).startsWith('net:'); } catch { return false; }
    });
    const watch = setInterval(() => {
      const children = readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim().split(' ');
      if (children[0] === '' || !hasLab('/proc/' + children[0] + '/fd/')) return;
      clearInterval(watch);
      process.kill(Number(children[0]), 'SIGSTOP');
      writeFileSync(folder + '/child', children[0]);
      process.kill(process.pid, 'SIGKILL');
    }, 1);`;
    const path = of('a');
    expect(() => gradesIn(path, { before })).toThrow();
    const child = readFileSync(join(path, 'child'), 'utf8');
    const state = (): string => {
      const stat = `/proc/${child}/stat`;
      return existsSync(stat) ? (/\) (\w)/.exec(readFileSync(stat, 'utf8'))?.[1] ?? '') : 'gone';
    };
    await vi.waitFor(() => expect(['gone', 'Z', 'X']).toContain(state()), { timeout: 10_000 });
  });

  test('no process at all: the limit of the user, and of open files', () => {
    const path = of('a', 'b');
    chmodSync(path, 0o755);
    const read = '+dac_read_search'; // wherever this project lies
    const user = [
      'setpriv',
      '--reuid=54321',
      '--regid=54321',
      '--clear-groups',
      `--inh-caps=${read}`,
      `--ambient-caps=${read}`,
    ];
    const noProcess = `spawnSync('prlimit', ['--pid', String(process.pid), '--nproc=1']);`;
    expect(gradesIn(path, { before: noProcess, prefix: user })).toEqual(
      ['a', 'b'].map((name) => [
        `${name}.yaml`,
        false,
        expect.stringMatching(/could not be started \(EAGAIN\)/) as string,
      ]),
    );
    // Below what is open already and one more, for the exercise and the folder.
    const noFile = `
      const open = new Set(readdirSync('/proc/self/fd').map(Number));
      let limit = 0;
      for (let free = 0; free < 2; limit++) if (!open.has(limit)) free++;
      spawnSync('prlimit', ['--pid', String(process.pid), '--nofile=' + limit]);`;
    expect(gradesIn(path, { before: noFile })).toEqual(
      ['a', 'b'].map((name) => [
        `${name}.yaml`,
        false,
        expect.stringMatching(/could not be started \(EMFILE\)/) as string,
      ]),
    );
  });
});

describe('a folder without end', () => {
  const swollen = (): string =>
    folder((put, path) => {
      for (const student of ['amber', 'many', 'zoe']) mkdirSync(join(path, student));
      put('amber/answers.yaml', SOLUTION);
      put('many/answers.yaml', SOLUTION);
      for (let i = 0; i < 2000; i++) put(`many/${String(i)}.txt`, '');
    });

  test("of one student: it is read no further than it may be, and has a row; the others' do", async () => {
    const rows = rowsOf(await grade(swollen()));
    expect(rows['many/']).toMatchObject({ graded: false, note: 'more than 2000 files in one folder' });
    expect(rows['amber/answers.yaml']).toMatchObject({ graded: true });
  });

  test('a signal is heard between folders', async () => {
    const controller = new AbortController();
    const found = submissionsIn(swollen(), controller.signal);
    setImmediate(() => {
      controller.abort();
    });
    await expect(found).rejects.toMatchObject({ code: 'RS_INTERRUPTED' });
  });
});
