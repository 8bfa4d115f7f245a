/** `rawshake lab`: the experiments, and a lab to stand in. */
import { Command } from 'commander';
import { labListCommand } from './lab-list.js';
import { labRunCommand } from './lab-run.js';
import { labShellCommand } from './lab-shell.js';
import { labShowCommand } from './lab-show.js';

export const labCommand = (): Command =>
  new Command('lab')
    .description('experiments on real kernels in a private lab, and a shell in one')
    .addCommand(labListCommand())
    .addCommand(labShowCommand())
    .addCommand(labRunCommand())
    .addCommand(labShellCommand())
    .addHelpText('after', '\nExample:\n  rawshake lab run no-listen\n');
