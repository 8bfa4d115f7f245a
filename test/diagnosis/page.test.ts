/** docs/diagnosis.md and its Chinese twin are made of the catalogue of findings. */
import { readFileSync } from 'node:fs';
import { format } from 'prettier';
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/diagnosis/catalogue/index.js';
import {
  ADDRESS_IDS,
  COURSE_IDS,
  CRAFT_IDS,
  type FilterFindingId,
  FINDING_IDS,
  type FindingId,
  SOCKET_IDS,
  WATCHED_IDS,
} from '../../src/diagnosis/finding.js';
import type { Language, Text } from '../../src/error.js';
import { FINDING_CODES, isMendedByRule } from '../../src/filter/judge-words.js';

const EXAMPLE = readFileSync('docs/examples/findings.mjs', 'utf8');

const INTRODUCTION: Text = {
  en: `# Findings

What \`rawshake\` makes of what it saw. \`run\` and \`watch\` tell them; \`compare\`, \`connect\`, \`listen\` and \`lab run\` have them in their JSON
(\`findings\`); in the library \`diagnose(recording)\` of \`rawshake/diagnosis\` gives them of a run that is over, and \`new Diagnosis(subject)\`
takes moments one by one. [中文](diagnosis.zh-CN.md)

Made from [src/diagnosis/catalogue/](../src/diagnosis/catalogue), which is \`CATALOGUE\` in the library; \`npm run docs\` makes it again.

\`\`\`js
${EXAMPLE}\`\`\`

A finding's \`meaning\`, \`advice\` and \`at\` (the moments of which it is made) are \`text\`, \`do\` and \`packets\` in JSON. \`experimentRecording\` is
of any number of connections; \`handshakeRecording\` and \`connectionRecording\` are of the one of which it is known whose it is and what
became of it: \`subject\` and \`ending\` say so. The list is closed.

## How sure

- **proven**: a kernel, or the program for which the data was, has said so itself: its trace, its socket table, what it has read.
- **seen**: it shows in the packets, or whoever had the connection told it.
- **likely**: it is concluded.

The same finding can be the one or the other; the tables say by what, or where. Without root there is no trace, and less is proven.
`,
  zh: `# 诊断结论

\`rawshake\` 根据所见得出的结论。\`run\` 和 \`watch\` 直接报告；\`compare\`、\`connect\`、\`listen\` 和 \`lab run\` 写在 JSON 的 \`findings\` 中；在程序库里，
\`rawshake/diagnosis\` 的 \`diagnose(recording)\` 给出一次已结束的运行的结论，\`new Diagnosis(subject)\` 则逐一接收各个时刻。[English](diagnosis.md)

由 [src/diagnosis/catalogue/](../src/diagnosis/catalogue) 生成（在程序库中即 \`CATALOGUE\`）；\`npm run docs\` 重新生成。

\`\`\`js
${EXAMPLE}\`\`\`

结论的 \`meaning\`、\`advice\` 和 \`at\`（它所依据的时刻）在 JSON 中是 \`text\`、\`do\` 和 \`packets\`。\`experimentRecording\` 可含任意多条连接；
\`handshakeRecording\` 和 \`connectionRecording\` 只含一条，并且知道它是谁的、结局如何，由 \`subject\` 和 \`ending\` 说明。所有结论都在下列各表之中。

## 把握有多大

- **proven**（已证实）：内核，或接收数据的程序自己说明了这一点：跟踪、套接字表、读到的内容。
- **seen**（可见）：报文中可见，或由拥有该连接的一方告知。
- **likely**（很可能）：由推断得出。

同一结论的把握可以不同，各表写明依据，或在何种情况下如此。没有 root 权限就没有跟踪，能证实的也就较少。
`,
};

interface Group {
  readonly ids: readonly FindingId[];
  readonly heading: Text;
  readonly introduction: Text;
  /** Where it is the same for all, the introduction says it. */
  readonly hasSource: boolean;
}

const names = (ids: readonly string[]): string => ids.map((id) => `\`${id}\``).join(', ');

const FILTER_IDS = FINDING_CODES.map((code): FilterFindingId => `filter-${code}`);
const WITHOUT_RULE = FINDING_CODES.filter((code) => !isMendedByRule(code)).map((code) => `filter-${code}`);

const GROUPS: readonly Group[] = [
  {
    ids: COURSE_IDS,
    heading: { en: 'How a connection went', zh: '连接的经过' },
    introduction: {
      en: 'Of each connection the one that holds. A RST does not say who has made it: from one side alone, `refused` may be a firewall, and is said so.',
      zh: '每条连接只有其中一个成立。RST 并不说明由谁产生：单从一侧看，`refused` 也可能出自防火墙，结论会写明这一点。',
    },
    hasSource: true,
  },
  {
    ids: [...CRAFT_IDS, ...ADDRESS_IDS, ...SOCKET_IDS],
    heading: { en: 'Of segments made by hand', zh: '手工构造的报文段' },
    introduction: {
      en: "By rawshake, or by a program of yours in `rawshake run`: what no TCP of a kernel would send. Each is told once of a connection, by the first segment that has it. With such a fault the rest of the connection's findings are mostly its consequence.",
      zh: '由 rawshake，或由 `rawshake run` 中你的程序发出，而内核的 TCP 不会发出的东西。每条连接每种只报告一次，以第一个有问题的报文段为准。该连接的其他结论多半由此引起。',
    },
    hasSource: true,
  },
  {
    ids: WATCHED_IDS,
    heading: { en: 'Of a host that is watched', zh: '被观察的主机' },
    introduction: {
      en: '[`rawshake watch`](watch.md) tells, of a living host or container, how connections went, as above, and of RSTs that this host sends whose they are. It tells by default what can be mended: all of these tables but `aborted`, `reset-by-peer`, `unread-data`, `data-after-close`, `no-connection` and `unexplained`, which are part of ordinary traffic; `--all` tells those, too, and `aborted` for want of memory is always told.',
      zh: '[`rawshake watch`](watch.zh-CN.md) 观察真实的主机或容器，报告连接的经过（同上），并说明本机发出的 RST 出自谁。默认只报告可以补救的：除 `aborted`、`reset-by-peer`、`unread-data`、`data-after-close`、`no-connection` 和 `unexplained` 之外的全部；这几种属于正常流量，用 `--all` 才报告，但因内存不足而起的 `aborted` 总会报告。',
    },
    hasSource: true,
  },
  {
    ids: FILTER_IDS,
    heading: { en: 'Of a filter', zh: '过滤器' },
    introduction: {
      en: `Of a connection that was made behind a filter in \`compare\`, by its rules as they were read back from the host, and their counters. All come with a rule to paste that does it right, but for ${names(WITHOUT_RULE)}. The words are those of \`verdict.findings\`; laid down in iptables-extensions(8) and nft(8).`,
      zh: `针对 \`compare\` 中在过滤器之后建立的连接，依据从主机回读的规则及其计数。除 ${names(WITHOUT_RULE).replaceAll(', ', '、')} 之外，都附有可以粘贴的正确规则。文字与 \`verdict.findings\` 相同；依据见 iptables-extensions(8) 和 nft(8)。`,
    },
    hasSource: false,
  },
];

const COLUMNS: Readonly<Record<Language, readonly string[]>> = {
  en: ['id', 'it holds where', 'how sure', 'what to do', 'laid down in'],
  zh: ['id', '何时成立', '把握', '怎么办', '依据'],
};

function sureWords(id: FindingId, language: Language): string {
  const [space, semicolon] = language === 'zh' ? ['：', '；'] : [' ', '; '];
  return Object.entries(CATALOGUE[id].sure)
    .map(([certainty, words]) => `**${certainty}**${space}${words[language]}`)
    .join(semicolon);
}

/** Functions of Linux are code, sections and pages are not. */
const sourceWords = (source: string): string => (/^\w+$/.test(source) ? `\`${source}\`` : source);

function table({ ids, hasSource }: Group, language: Language): string {
  const columns = COLUMNS[language].slice(0, hasSource ? 5 : 4);
  const rows = ids.map((id) => {
    const { holds, todo, source } = CATALOGUE[id];
    const cells = [`\`${id}\``, holds[language], sureWords(id, language), todo[language], sourceWords(source)];
    return cells.slice(0, columns.length);
  });
  return [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const END: Text = {
  en: 'The words of each are in [src/diagnosis/](../src/diagnosis); how a fold over moments yields them stands in [finding.ts](../src/diagnosis/finding.ts).',
  zh: '各结论的文字在 [src/diagnosis/](../src/diagnosis) 中；如何由各个时刻逐步归纳得出，见 [finding.ts](../src/diagnosis/finding.ts)。',
};

const page = (language: Language): string =>
  [
    INTRODUCTION[language],
    ...GROUPS.flatMap((group) => [
      `## ${group.heading[language]}`,
      group.introduction[language],
      table(group, language),
    ]),
    END[language],
  ].join('\n\n');

const settings = JSON.parse(readFileSync('.prettierrc.json', 'utf8')) as object;

describe.each([
  { language: 'en', file: 'docs/diagnosis.md' },
  { language: 'zh', file: 'docs/diagnosis.zh-CN.md' },
] as const)('$file', ({ language, file }) => {
  test('is up to date', async () => {
    const formatted = await format(page(language), { ...settings, parser: 'markdown' });
    await expect(formatted).toMatchFileSnapshot(`../../${file}`);
  });
});

test('every finding has a place', () => {
  expect(GROUPS.flatMap(({ ids }) => ids)).toEqual(FINDING_IDS);
});

test('of each all is said in both languages, and by what it is as sure as it can be', () => {
  for (const [id, { holds, sure, todo }] of Object.entries(CATALOGUE)) {
    const texts = [holds, todo, ...Object.values(sure)];
    expect(Object.keys(sure).length, id).toBeGreaterThan(0);
    for (const { en, zh } of texts) {
      expect(en, id).not.toMatch(/[.|\p{Script=Han}]$|\|/u);
      expect(zh, id).toMatch(/\p{Script=Han}/u);
    }
  }
});
