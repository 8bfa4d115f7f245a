/** `rawshake lab show`: all about an experiment, without running it. */
import { Command } from 'commander';
import { experimentShowJson } from '../report/experiment-json.js';
import { experimentShowText } from '../report/experiment-list-text.js';
import { experimentOf } from './lab-ids.js';
import { type CommonOptions, languageOf, printJson, printText, viewOf } from './output.js';
import { jsonOption, languageOption } from './view-options.js';
import { exampleText, told } from './told.js';

export const labShowCommand = (): Command =>
  new Command('show')
    .description(
      told({
        en: 'show what an experiment claims, does and expects, and how to see the same by hand',
        zh: '显示一个实验的论断、做法和预期，以及如何手工重现',
      }),
    )
    .argument('<id>', told({ en: 'one that `rawshake lab list` shows', zh: '`rawshake lab list` 所列的一个实验' }))
    .addOption(jsonOption())
    .addOption(languageOption('texts'))
    .addHelpText('after', exampleText('rawshake lab show lookup-order'))
    .action((id: string, options: CommonOptions) => {
      const experiment = experimentOf(id);
      if (options.json === true) printJson(experimentShowJson(experiment, languageOf(options)));
      else printText(experimentShowText(experiment, viewOf(options)));
    });
