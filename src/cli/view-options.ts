/** The options that say how results are shown, declared alike for all commands that have them. */
import { type Command, Option } from 'commander';

/** `of`: what is in that language. */
export const languageOption = (of = 'explanations'): Option =>
  new Option('--lang <language>', `language of the ${of}`).choices(['en', 'zh']);

export interface LadderOptions {
  readonly verbose?: boolean;
  readonly plain?: boolean;
  readonly ascii?: boolean;
}

/** Of reports that show what happened moment by moment. */
export const withLadderOptions = (command: Command): Command =>
  command
    .option('-v, --verbose', 'show sequence and acknowledgment numbers, relative to where each side began')
    .option('--plain', 'a sentence for each moment in place of a drawing, for screen readers')
    .option('--ascii', 'draw with ASCII alone (default where the locale is not UTF-8)');
