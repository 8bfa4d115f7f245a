/** What commander itself writes into a help, in the language of the command line. */
import type { Argument, Command, Option } from 'commander';
import type { Text } from '../error.js';
import { jsonText } from '../printable.js';
import { textWidth } from '../report/text-width.js';
import { wrapText } from '../report/wrap.js';
import { told } from './told.js';

/** By commander's words. */
const TITLES: Readonly<Record<string, Text>> = {
  'Usage:': { en: 'Usage:', zh: '用法：' },
  'Arguments:': { en: 'Arguments:', zh: '参数：' },
  'Options:': { en: 'Options:', zh: '选项：' },
  'Commands:': { en: 'Commands:', zh: '命令：' },
};

const HELP: Text = { en: 'display help for command', zh: '显示命令的帮助' };

export function withHelp(command: Command): Command {
  const known = command.createHelp();
  command
    .configureHelp({
      styleTitle: (title) => told(TITLES[title] ?? { en: title, zh: title }),
      commandUsage: (of) =>
        known
          .commandUsage(of)
          .replace('[options]', told({ en: '[options]', zh: '[选项]' }))
          .replace('[command]', told({ en: '[command]', zh: '[命令]' })),
      subcommandTerm: (of) => known.subcommandTerm(of).replace('[options]', told({ en: '[options]', zh: '[选项]' })),
      optionDescription: (option) => withValues(option, isValued(option)),
      argumentDescription: (argument) => withValues(argument, true),
      displayWidth: textWidth,
      boxWrap: (text, width) => wrapText(text, width).join('\n'),
      // The colon of a Chinese title needs no blank behind it.
      formatHelp: (of, help) => known.formatHelp(of, help).replace('： ', '：'),
    })
    .helpOption('-h, --help', told(HELP));
  if (command.commands.length > 0) command.helpCommand('help [command]', told(HELP));
  return command;
}

const isValued = (option: Option): boolean => option.required || option.optional;

/** In Chinese a word has no quotes: beside one no line is broken (UAX #14, LB19), so that words of the sentence would be. */
const valueText = (value: unknown): string =>
  told({ en: jsonText(value), zh: /^[\w.-]+$/.test(String(value)) ? String(value) : jsonText(value) });

/** What it is, what it may be, and what it is where it is not given. */
function withValues(of: Argument | Option, shown: boolean): string {
  const { description, argChoices = [], defaultValueDescription } = of;
  const defaultValue: unknown = of.defaultValue;
  const given = defaultValueDescription ?? (defaultValue === undefined ? '' : valueText(defaultValue));
  const comma = told({ en: ', ', zh: '、' });
  const values = argChoices.map(valueText).join(comma);
  const preset = 'presetArg' in of && of.presetArg !== undefined ? valueText(of.presetArg) : undefined;
  const all = [
    ...(values === '' ? [] : [told({ en: `choices: ${values}`, zh: `可选：${values}` })]),
    ...(!shown || defaultValue === undefined ? [] : [told({ en: `default: ${given}`, zh: `默认：${given}` })]),
    ...(preset === undefined ? [] : [told({ en: `preset: ${preset}`, zh: `不带值时：${preset}` })]),
  ].join(told({ en: ', ', zh: '；' }));
  return all === '' ? description : told({ en: `${description} (${all})`, zh: `${description}（${all}）` });
}
