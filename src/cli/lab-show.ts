/** `rawshake lab show`: all about an experiment, without running it. */
import { Command } from 'commander';
import { experimentShowJson } from '../report/experiment-json.js';
import { experimentShowText } from '../report/experiment-list-text.js';
import { experimentOf } from './lab-ids.js';
import { type CommonOptions, languageOf, printJson, printText, viewOf } from './output.js';
import { languageOption } from './view-options.js';

export const labShowCommand = (): Command =>
  new Command('show')
    .description('show what an experiment claims, does and expects, and how to see the same by hand')
    .argument('<id>', 'one that `rawshake lab list` shows')
    .option('--json', 'print one JSON document')
    .addOption(languageOption('texts'))
    .addHelpText('after', '\nExample:\n  rawshake lab show lookup-order\n')
    .action((id: string, options: CommonOptions) => {
      const experiment = experimentOf(id);
      if (options.json === true) printJson(experimentShowJson(experiment, languageOf(options)));
      else printText(experimentShowText(experiment, viewOf(options)));
    });
