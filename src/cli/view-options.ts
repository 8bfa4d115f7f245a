/** The options that say how results are shown, declared alike for all commands that have them. */
import { type Command, Option } from 'commander';
import type { Text } from '../error.js';
import { told } from './told.js';

const IN_LANGUAGE = {
  explanations: { en: 'language of the explanations', zh: '说明文字的语言' },
  hints: { en: 'language of the hints', zh: '提示的语言' },
  lines: { en: 'language of the lines', zh: '各行的语言' },
  titles: { en: 'language of the titles', zh: '标题的语言' },
  texts: { en: 'language of the texts', zh: '文字的语言' },
} as const satisfies Record<string, Text>;

/** `of`: what is in that language. */
export const languageOption = (of: keyof typeof IN_LANGUAGE = 'explanations'): Option =>
  new Option('--lang <language>', told(IN_LANGUAGE[of])).choices(['en', 'zh']);

export const jsonOption = (): Option =>
  new Option('--json', told({ en: 'print one JSON document', zh: '输出一个 JSON 文档' }));

/** Of commands that play exercises. */
export const runProgramsOption = (): Option =>
  new Option(
    '--run-programs',
    told({
      en: "let the exercise run its author's and the students' programs, without privileges, on the lab's hosts",
      zh: '允许练习在实验环境的主机上运行作者和学生的程序，不带特权',
    }),
  );

export const htmlOption = (): Option =>
  new Option(
    '--html <file>',
    told({
      en: 'write a report with every packet in detail, for a browser',
      zh: '写出供浏览器查看的报告，每个包都有详情',
    }),
  );

export const mermaidOption = (): Option =>
  new Option(
    '--mermaid <file>',
    told({
      en: 'write sequence diagrams: FILE.md for one each, other names for one of all',
      zh: '写出时序图：FILE.md 为每次运行各一幅，其他文件名则合为一幅',
    }),
  );

export interface LadderOptions {
  readonly verbose?: boolean;
  readonly plain?: boolean;
  readonly ascii?: boolean;
  readonly ambiguousWidth?: '1' | '2';
}

/** Of reports that show what happened moment by moment. */
export const withLadderOptions = (command: Command): Command =>
  withDrawingOptions(
    command
      .option(
        '-v, --verbose',
        told({
          en: 'show sequence and acknowledgment numbers, relative to where each side began',
          zh: '显示序列号和确认号，以各方的起点为 0',
        }),
      )
      .option(
        '--plain',
        told({
          en: 'a sentence for each moment in place of a drawing, for screen readers',
          zh: '不画图，每个时刻写一句话，供屏幕阅读器使用',
        }),
      ),
  );

/** Of all reports in columns. */
export const withDrawingOptions = (command: Command): Command =>
  command
    .option(
      '--ascii',
      told({
        en: 'draw with ASCII alone (default where the locale is not UTF-8)',
        zh: '只用 ASCII 字符作图（区域设置不是 UTF-8 时的默认）',
      }),
    )
    .addOption(
      new Option(
        '--ambiguous-width <cells>',
        told({
          en: 'how wide the terminal shows arrows and lines (East Asian ambiguous characters); without it 1',
          zh: '终端显示箭头和线条（东亚宽度不定的字符）所占的列数；不给则为 1',
        }),
      ).choices(['1', '2']),
    );
