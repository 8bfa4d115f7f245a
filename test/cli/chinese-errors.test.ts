/** With `--lang zh` an error is Chinese to the last word: what it is about stays as it is, what is said of that does not. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { json, rawshake, WITHOUT_USER_NAMESPACES } from '../support/cli.js';
import { without } from '../support/without.js';

const folder = mkdtempSync(join(tmpdir(), 'rawshake-chinese-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const RULE = 'compare --rule';
/** A pcap file whose first packet has been cut off. */
const CUT = Buffer.concat([Buffer.from('d4c3b2a1020004000000000000000000ffff000065000000', 'hex'), Buffer.alloc(7)]);

test.each<[args: string, says: string, rest?: readonly string[]]>([
  ['compare --rmedy none', "用法：没有选项 '--rmedy'（是不是 --remedy？）"],
  ['compare --role x', "用法：选项 '--role <side>' 的值 'x' 无效。可选：client、server。"],
  ['compare --step', '用法：--step 需要终端'],
  ['compare --pcap a --html a', '用法：--pcap 和 --html 指定了同一个文件：a'],
  ['compare --pcap /proc/none/a', '/proc/none/a：无法写入（ENOENT）'],
  ['compare --ruleset /none', '/none：无法读取（ENOENT）'],
  [RULE, '规则：这里不能用 -F', ['-F']],
  ['lab run nope', "用法：没有实验 'nope'"],
  ['lab run backlog conntrack --family 6', '用法：不适用于 IPv6：backlog、conntrack'],
  ['lab shell --student x', '用法：--student 指明练习采用谁的数值，而这里没有练习'],
  ['lab exercise', '用法：请三者取一：练习的名字、--list、--copy <folder>'],
  ['lab exercise 99', '99：没有这个文件，也没有叫这个名字的练习'],
  ['lab grade /none --exercise 01', '/none：无法读取（ENOENT）'],
  ['build --from 192.0.2.1:1', '用法：--to：需要地址和端口'],
  ['build --from 192.0.2.1:1 --to [::1]:1', '用法：--to：::1 与 192.0.2.1 不是同一 IP 版本'],
  ['dissect /none', '/none：无法读取（ENOENT）'],
  ['dissect --hex zz', '用法：--hex：这不是成对的十六进制数字'],
  ['filter plan --from 0.0.0.0:1 --to 192.0.2.2:1', '过滤器：0.0.0.0 不是连接的地址（未指定）'],
  ['filter plan --from 192.0.2.1 --to [::1]:1', '过滤器：192.0.2.1 和 ::1 不能配在一起'],
  ['connect 224.0.0.1 80', '224.0.0.1：不是可以连接的地址'],
  ['connect no.such.name.invalid 80', 'no.such.name.invalid：查不到这个名字的地址'],
  ['connect 127.0.0.1 80 --netns none', '网络命名空间 none：/run/netns/none：无法打开（ENOENT）'],
  ['connect 127.0.0.1 80 --interface none', '接口 none：本机没有叫这个名字的接口'],
  ['connect 127.0.0.1 80 --source 192.0.2.1', '源地址 192.0.2.1：不是本机地址，应答回不来'],
  ['connect 127.0.0.1 80 --flags F', 'connect：标志 F：连接以 SYN 开始'],
  ['listen 80 --address 192.0.2.1', '192.0.2.1：不是本机的地址'],
  ['listen 80 --http /etc/passwd', '/etc/passwd：不是目录'],
])('%s', async (args, says, rest = []) => {
  const { stderr, code } = await rawshake([...args.split(' '), ...rest, '--lang', 'zh']);
  expect(stderr.split('\n')).toEqual([`rawshake: ${says}`, expect.stringMatching(/^hint: .*\p{Script=Han}/u), '']);
  expect(code).not.toBe(0);
});

describe('what is passed on', () => {
  test('the problems of an exercise, a line each', async () => {
    const file = fileOf('a.yaml', 'id: A\ntitle: a\ntext: ${b}\nsteps:\n  - listen: { at: moon }\n');
    const { stderr } = await rawshake(['lab', 'exercise', file, '--lang', 'zh']);
    expect(stderr).toMatch(
      /^rawshake: \S+:1:5：id：应为 id：小写字母、数字和 -\n\S+:5:19：steps\[0\]\.listen\.at：应为 client 或 server\nhint: 格式说明/,
    );
  });

  test('what YAML says', async () => {
    const file = fileOf('b.yaml', 'id: a\n\ttitle: a\n');
    const { stderr } = await rawshake(['lab', 'exercise', file, '--lang', 'zh']);
    expect(stderr).toMatch(/^rawshake: \S+:2:1：应为 YAML：\p{Script=Han}/u);
  });

  test('why a capture ends', async () => {
    const { stderr } = await rawshake(['dissect', fileOf('c.pcap', CUT), '--lang', 'zh']);
    expect(stderr).toMatch(/^rawshake: \S+：文件在从第 24 字节开始的数据包中途结束\n/);
  });

  test('what a program says of a rule', async () => {
    const { stderr } = await rawshake(['compare', '--rule', '-A OUTPUT -p nothing -j DROP', '--lang', 'zh']);
    expect(stderr).toMatch(/^rawshake: 规则：iptables 拒绝了它：.*nothing.*\nhint: 运行的命令是：/);
  });
});

test('without the right to namespaces', async () => {
  const { stderr } = await rawshake(['compare', '--lang', 'zh'], { prefix: WITHOUT_USER_NAMESPACES });
  expect(stderr).toMatch(
    /^rawshake: 网络命名空间：root 没有 CAP_SYS_ADMIN，用户命名空间也被拒绝（user\.max_user_namespaces=0；.*）\n/,
  );
});

test('a program that is not there', async () => {
  const less = without(['iptables']);
  try {
    const { stderr } = await rawshake(['compare', '--remedy', 'iptables', '--lang', 'zh'], less);
    expect(stderr).toMatch(/^rawshake: iptables：没有安装该程序\nhint: 请安装/);
  } finally {
    less.remove();
  }
});

test('JSON keeps the English message, with the Chinese hint', async () => {
  expect(json(await rawshake(['lab', 'run', 'nope', '--json', '--lang', 'zh']))).toMatchObject({
    error: { message: "usage: there is no experiment 'nope'", hint: expect.stringContaining('请看') as string },
  });
});
