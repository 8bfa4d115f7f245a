/** `rawshake dissect`: what bytes say, packet by packet. */
import { Command } from 'commander';
import type { Language } from '../error.js';
import { JsonListing, TextListing } from '../report/dissection/listing.js';
import { grouped } from '../report/grouped.js';
import { captureError, inputOf, type Input } from './dissect-input.js';
import { EXIT } from './exit-code.js';
import { reportError, viewOf } from './output.js';
import { Progress } from './progress.js';
import { Stdout } from './stdout.js';
import { languageOption, withDrawingOptions } from './view-options.js';
import { exampleText, told } from './told.js';

interface Options {
  readonly hex?: string;
  readonly json?: boolean;
  readonly lang?: Language;
  readonly ascii?: boolean;
}

export const dissectCommand = (): Command =>
  withDrawingOptions(new Command('dissect'))
    .description(
      told({
        en: 'explain one packet field by field, or list those of a capture: pcap, pcapng, hex or bytes',
        zh: '逐字段解释一个包，或列出抓包文件中的各个包：pcap、pcapng、十六进制或字节',
      }),
    )
    .argument(
      '[file]',
      told({ en: 'capture or packet; - or nothing: standard input', zh: '抓包文件或单个包；- 或不给：标准输入' }),
    )
    .option('--hex <digits>', told({ en: 'the packet itself', zh: '包本身' }))
    .option(
      '--json',
      told({ en: 'print one JSON array, each packet with its layers', zh: '输出一个 JSON 数组，每个包分层列出' }),
    )
    .addOption(languageOption())
    .addHelpText(
      'after',
      exampleText('rawshake build --flags S --mss 1460 --from 192.0.2.1:41000 --to 192.0.2.2:80 | rawshake dissect'),
    )
    .action(run);

async function run(file: string | undefined, options: Options): Promise<void> {
  const listing = options.json === true ? new JsonListing() : new TextListing(viewOf(options));
  const input = inputOf(file, options.hex);
  const output = new Stdout();
  const progress = new Progress();
  process.exitCode = EXIT.asExpected;
  let packets = 0;
  try {
    for await (const { records, error } of input.batches) {
      for (const record of records) await output.write(listing.add(record));
      await output.flush(); // a capture that is still being made is shown as it grows
      packets += records.length;
      if (error !== undefined && packets === 0) throw captureError(input.name, error);
      // The array on stdout is to be whole: from here on errors are told on stderr.
      if (error !== undefined) reportError(captureError(input.name, error), { ...options, json: false });
      if (output.closed) return;
      progress.update(() => state(input, packets));
    }
    // A damaged file has said so already, with a status of its own.
    if (listing.allUnreadable && process.exitCode === EXIT.asExpected) process.exitCode = EXIT.notAsExpected;
    await output.write(listing.end());
    await output.flush();
  } finally {
    progress.end();
  }
}

function state(input: Input, packets: number): string {
  const { totalBytes } = input;
  const share = totalBytes === undefined ? '' : `, ${Math.floor((100 * input.bytesRead()) / totalBytes)} %`;
  return `${grouped(packets)} packets${share}`;
}
