/** `rawshake lab list`: what there is to run. */
import { Command } from 'commander';
import { EXPERIMENTS } from '../experiments/all.js';
import { experimentListJson } from '../report/experiment-json.js';
import { experimentListText } from '../report/experiment-list-text.js';
import { type CommonOptions, languageOf, printJson, printText, viewOf } from './output.js';
import { languageOption } from './view-options.js';

export const labListCommand = (): Command =>
  new Command('list')
    .description('list the experiments, in the order in which they teach')
    .option('--json', 'print one JSON document')
    .addOption(languageOption('titles'))
    .addHelpText('after', '\nExample:\n  rawshake lab list\n')
    .action((options: CommonOptions) => {
      if (options.json === true) printJson(experimentListJson(EXPERIMENTS, languageOf(options)));
      else printText(experimentListText(EXPERIMENTS, viewOf(options)));
    });
