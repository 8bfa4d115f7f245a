/** The help of every command, and what is said of arguments that it does not take, in both languages. */
import { type Command, CommanderError } from 'commander';
import { afterAll, describe, expect, test } from 'vitest';
import type { Language } from '../../src/error.js';
import { programOf } from '../../src/cli/program.js';
import { languageOfArguments } from '../../src/cli/early.js';
import { tellIn } from '../../src/cli/told.js';
import { usageText } from '../../src/cli/usage-text.js';
import { json, rawshake } from '../support/cli.js';

afterAll(() => {
  tellIn('en');
});

const withAll = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(withAll)];

async function commandsIn(language: Language, argv: readonly string[] = []): Promise<readonly Command[]> {
  tellIn(language);
  return withAll(await programOf(argv));
}

/** All of it, with what stands below the options. */
function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  return help;
}

/** What is shown as it is typed. */
const isExample = (line: string): boolean => /^ +(rawshake|--rule) /.test(line);

const HAN = /\p{Script=Han}/u;
/** Four words in a row are a sentence; names of programs and segments are not. */
const ENGLISH = /(?:(?<![<\w-])[A-Za-z][a-z']+ ){3}[a-z]+/;

describe('help in Chinese', () => {
  test('every command, option and argument is described in it', async () => {
    const commands = await commandsIn('zh');
    expect(commands.length).toBeGreaterThan(20);
    for (const command of commands) {
      const help = command.createHelp();
      const parts = [...help.visibleOptions(command), ...help.visibleArguments(command)];
      for (const words of [command.description(), ...parts.map(({ description }) => description)])
        expect(words, command.name()).toMatch(HAN);
    }
  });

  test('no English stands in it', async () => {
    for (const command of await commandsIn('zh')) {
      const lines = helpOf(command)
        .split('\n')
        .filter((line) => !isExample(line));
      expect(lines.filter((line) => ENGLISH.test(line))).toEqual([]);
      expect(lines.filter((line) => /Usage|Options|Example|choices|default:|display/.test(line))).toEqual([]);
    }
  });

  test('it is given for --lang, wherever it stands, and for the locale', async () => {
    const inLocale = await rawshake(['compare', '--help'], { env: { LC_ALL: 'zh_CN.UTF-8' } });
    expect(inLocale.stdout).toMatch(/^用法：rawshake compare \[选项\]\n/);
    for (const argv of [
      ['compare', '--help', '--lang', 'zh'],
      ['compare', '--lang=zh', '--help'],
    ])
      expect((await rawshake(argv)).stdout).toBe(inLocale.stdout);
    expect((await rawshake(['--lang', 'zh', '--help'])).stdout).toMatch(/^用法：rawshake /);
  });
});

test('help in English has no Chinese', async () => {
  for (const command of await commandsIn('en')) expect(helpOf(command)).not.toMatch(HAN);
});

test.each<[readonly string[], Language]>([
  [['--lang', 'zh'], 'zh'],
  [['--lang=zh', '--lang', 'en'], 'en'],
  [['--lang', 'zh', '--lang', 'xx'], 'zh'],
])('the language of %j is %s', (argv, language) => {
  expect(languageOfArguments(argv)).toBe(language);
});

const WRONG: readonly (readonly [argv: string, zh: string])[] = [
  ['compare --prot 5', "没有选项 '--prot'（是不是 --port？）"],
  ['compare --port', "选项 '--port <n>' 缺少值"],
  ['compare --port x', "选项 '--port <n>' 的值 'x' 无效。端口是 1 到 65535 的数。"],
  ['compare --role x', "选项 '--role <side>' 的值 'x' 无效。可选：client、server。"],
  ['probe h x', "<port> 不能是 'x'：端口是 1 到 65535 的数。"],
  ['lab run', '缺少参数 <id>'],
  ['lab shell nowhere', "<host> 不能是 'nowhere'：可选：client、server。"],
  ['listen 1 2 3', '参数过多：应为 1 个，给出了 3 个。'],
  ['listen 80 --echo --send x', "选项 '--echo' 不能与选项 '--send <text>' 同时使用"],
  ['filter plan', "必须给出选项 '--from <addr[:port]>'"],
  ['filt', "没有命令 'filt'（是不是 filter？）"],
];

describe('usage', () => {
  test.each(WRONG)('%s', async (line, zh) => {
    const argv = line.split(' ');
    const [program] = await commandsIn('zh', argv);
    const error: unknown = await program?.parseAsync(argv, { from: 'user' }).catch((thrown: unknown) => thrown);
    if (!(error instanceof CommanderError)) throw new Error('it was taken');
    expect(usageText(error).zh).toBe(`用法：${zh}`);
  });

  test('as text in Chinese, in JSON as ever', async () => {
    const wrong = ['compare', '--port', 'x', '--lang', 'zh'];
    const { code, stderr } = await rawshake(wrong);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        "rawshake: 用法：选项 '--port <n>' 的值 'x' 无效。端口是 1 到 65535 的数。\nhint: 请看：rawshake compare --help\n",
    });
    expect(json(await rawshake([...wrong, '--json']))).toEqual({
      error: {
        code: 'RS_USAGE',
        message: "usage: option '--port <n>' argument 'x' is invalid. A port is a number from 1 to 65535.",
        hint: '请看：rawshake compare --help',
      },
    });
  });
});
