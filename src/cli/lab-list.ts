/** `rawshake lab list`: what there is to run. */
import { Command } from 'commander';
import { EXPERIMENTS } from '../experiments/all.js';
import { experimentListJson } from '../report/experiment-json.js';
import { experimentListText } from '../report/experiment-list-text.js';
import { type CommonOptions, languageOf, printJson, printText, viewOf } from './output.js';
import { jsonOption, languageOption } from './view-options.js';
import { exampleText, told } from './told.js';

export const labListCommand = (): Command =>
  new Command('list')
    .description(told({ en: 'list the experiments, in the order in which they teach', zh: '按教学顺序列出实验' }))
    .addOption(jsonOption())
    .addOption(languageOption('titles'))
    .addHelpText('after', exampleText('rawshake lab list'))
    .action((options: CommonOptions) => {
      if (options.json === true) printJson(experimentListJson(EXPERIMENTS, languageOf(options)));
      else printText(experimentListText(EXPERIMENTS, viewOf(options)));
    });
