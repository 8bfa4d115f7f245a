/** `--live`: what happens is told on stderr while it happens, a sentence each; the report comes behind it, as ever. */
import { Option } from 'commander';
import { Feed } from '../evidence/feed.js';
import type { Host } from '../evidence/host.js';
import { LiveSentences } from '../report/live-sentences.js';
import { type CommonOptions, printText, viewOf } from './output.js';
import { told } from './told.js';

export interface TellOptions extends CommonOptions {
  readonly live?: boolean;
}

export const liveOption = (): Option =>
  new Option(
    '--live',
    told({
      en: 'tell on stderr what happens while it happens, a sentence for each moment',
      zh: '在事情发生的同时于标准错误输出逐句告知每个时刻',
    }),
  );

/** Does the work; where it was asked for with a feed to fill, whose moments are told meanwhile, all of them before the work is over. */
export async function toldLive<T>(
  options: TellOptions,
  hosts: readonly Host[],
  work: (feed: Feed | undefined) => Promise<T>,
): Promise<T> {
  if (options.live !== true) return work(undefined);
  const feed = new Feed();
  const telling = tell(feed, new LiveSentences(hosts, viewOf(options, process.stderr)));
  try {
    return await work(feed);
  } finally {
    feed.end();
    await telling;
  }
}

async function tell(feed: Feed, live: LiveSentences): Promise<void> {
  for await (const moment of feed) await write(live.see(moment));
  await write(live.end());
}

/** A reader that is slow has the feed leave out, and say so. */
async function write(lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  printText(lines.map((line) => `${line}\n`).join(''), process.stderr);
  if (process.stderr.writableLength > 0) await new Promise((resolve) => process.stderr.write('', resolve));
}
