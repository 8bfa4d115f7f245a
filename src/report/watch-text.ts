/** What `rawshake watch` prints: a block for each finding, and in the end what was counted. */
import { CATALOGUE } from '../diagnosis/catalogue/index.js';
import type { Text } from '../error.js';
import type { WatchFinding, WatchSummary } from '../diagnosis/watched/watch-finding.js';
import { printableData } from '../printable.js';
import { endpoint } from '../wire/flow.js';
import { colours } from './colours.js';
import { ladderLines } from './ladder-text.js';
import { CERTAINTY, TO_DO } from './program-words.js';
import type { View } from './view.js';
import { bracketed, colon, HEADINGS, say } from './words.js';
import { wrapText } from './wrap.js';

/** Prose wider than this is hard to read. */
const MOST_PROSE = 110;

/** With an empty line behind it. */
export function watchBlock(found: WatchFinding, view: View): string {
  const finding = printableData(found);
  const { language } = view;
  const width = Math.min(view.columns, MOST_PROSE);
  const { flow, because, advice, count, hosts, at } = finding;
  const way = `${endpoint(flow.src, flow.srcPort)} ${endpoint(flow.dst, flow.dstPort)}`;
  const aside = [way, say(CERTAINTY[finding.certainty], language), ...(count > 1 ? [say(times(count), language)] : [])];
  const paint = finding.isMendable ? colours.red : colours.yellow;
  const sentence =
    `${colours.dim(timeOfDay(finding.epochMs))}  ${paint(colours.bold(say(finding.meaning, language)))}` +
    bracketed(aside.join(language === 'zh' ? '；' : '; '), language);
  return [
    ...wrapText(sentence, width, '  '),
    ...(at.length === 0 ? [] : ladderLines({ hosts, moments: at }, view.columns, view)),
    ...(because === undefined ? [] : headed(HEADINGS.why, because, width, view)),
    ...(advice === undefined ? [] : [`${say(TO_DO, language)}${colon(language)}`.trimEnd(), `  ${advice}`]),
    ...(advice === undefined && finding.isMendable ? headed(TO_DO, todoOf(finding), width, view) : []),
    ...['', ''],
  ].join('\n');
}

const todoOf = ({ id }: WatchFinding): Text => CATALOGUE[id].todo;

const headed = (heading: Text, text: Text, width: number, { language }: View): string[] =>
  wrapText(`${colours.bold(say(heading, language))}${colon(language)}${say(text, language)}`, width, '  ');

export function watchSummaryText(counted: WatchSummary, view: View): string {
  const summary = printableData(counted);
  const { language } = view;
  const width = Math.min(view.columns, MOST_PROSE);
  const { findings, resets, ordinary, leftOut, missing } = summary;
  const counts = Object.entries(findings).map(([id, count]) => `${id} ${count}`);
  const lines = [
    say(countsText(counts), language),
    say(resetsText(resets), language),
    ...(ordinary > 0 ? [say(ordinaryText(ordinary), language)] : []),
    ...(leftOut > 0 ? [say(leftOutText(leftOut), language)] : []),
  ];
  return [
    ...wrapText(lines.join(language === 'zh' ? '' : ' '), width, '  '),
    ...missing.flatMap((text) => headed(NOT_SEEN, text, width, view)),
    '',
  ].join('\n');
}

/** `02:31:07.402`, where one is. */
function timeOfDay(epochMs: number): string {
  const date = new Date(epochMs);
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${hours}:${minutes}:${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

const times = (count: number): Text => ({ en: `${count} of these by now`, zh: `至今共 ${count} 次` });

const NOT_SEEN: Text = { en: 'Not seen', zh: '无法看到' };

const countsText = (counts: readonly string[]): Text =>
  counts.length === 0
    ? { en: 'Nothing was found.', zh: '没有发现任何问题。' }
    : { en: `Found: ${counts.join(', ')}.`, zh: `发现：${counts.join('、')}。` };

const resetsText = ({ sent, received }: WatchSummary['resets']): Text => ({
  en: `RSTs: ${sent} sent, ${received} received.`,
  zh: `RST：发出 ${sent} 个，收到 ${received} 个。`,
});

const ordinaryText = (count: number): Text =>
  count === 1
    ? { en: '1 is part of ordinary traffic: --all tells it.', zh: '其中 1 个属于正常流量，--all 会列出。' }
    : {
        en: `${count} are part of ordinary traffic: --all tells each.`,
        zh: `其中 ${count} 个属于正常流量，--all 会逐一列出。`,
      };

const leftOutText = (leftOut: number): Text => ({
  en: `${leftOut} more were too many to tell, and are only counted, or were lost.`,
  zh: `另有 ${leftOut} 个因过多而未逐一列出，只计数或已丢失。`,
});
