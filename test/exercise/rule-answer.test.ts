/** Rules of students: what gets as far as iptables, and what does not. */
import { expect, test } from 'vitest';
import { checkRule } from '../../src/exercise/rule-answer.js';

test.each([
  '-t raw -A OUTPUT -p tcp --tcp-flags RST RST -j DROP',
  'sudo iptables -I OUTPUT 1 -p tcp -s 192.0.2.1 -d 192.0.2.2/32 --sport 41000 --dport 8888 -j DROP',
  '-A OUTPUT -p tcp -m mark ! --mark 0x36 --tcp-flags ALL RST,ACK -m comment --comment "my rule" -j DROP',
  '--table raw --append OUTPUT --protocol tcp -m multiport --sports 1,2:3 --jump DROP',
])('%s is allowed', (rule) => {
  expect(checkRule(rule, 4)).not.toEqual([]);
});

test.each([
  ['sudo ip6tables -I OUTPUT 12 -i eth0 -o lo -j REJECT', '-I OUTPUT 12 -i eth0 -o lo -j REJECT'],
  ['iptables -A INPUT -p 6 -j ACCEPT', '-A INPUT -p 6 -j ACCEPT'],
  ['-A PREROUTING --syn -j DROP', '-A PREROUTING --syn -j DROP'],
  ['-A POSTROUTING -m tcp --sport 1:2 --dport 3 --sports 1,2 --dports 3 --ports 4,5:6 -j DROP', undefined],
  ['-A OUTPUT -m conntrack --ctstate NEW,ESTABLISHED -m mark --mark 0xaF/7 -j DROP', undefined],
  ['-A OUTPUT --src 10 --dst 10.1 --source-port 1 --destination-port 2 -j DROP', undefined],
  ['-A OUTPUT --tcp-flags SYN,ACK,FIN,RST,URG,PSH NONE --in-interface lo --match tcp -j DROP', undefined],
])('%s: its words, without the program', (rule, words) => {
  expect(checkRule(rule, 4).join(' ')).toBe(words ?? rule);
});

test.each([
  ['sudo sudo -A OUTPUT', 'sudo is not allowed here'],
  ['nft -A OUTPUT', 'nft is not allowed here'],
  ['-I OUTPUT x1 -j DROP', 'x1 is not allowed here'],
  ['-I OUTPUT 1x -j DROP', '1x is not allowed here'],
  ['-I OUTPUT 1 2 -j DROP', '2 is not allowed here'],
  ['-A OUTPUT 1 -j DROP', '1 is not allowed here'],
  ['-A', 'something is missing behind -A'],
  ['-A XOUTPUT', 'XOUTPUT is not allowed behind -A'],
  ['-A OUTPUTX', 'OUTPUTX is not allowed behind -A'],
  ['-A OUTPUT --tcp-flags RST', 'something is missing behind --tcp-flags'],
  ['-A OUTPUT --tcp-flags X RST', 'X is not allowed behind --tcp-flags'],
  ['-A OUTPUT --tcp-flags RST RST,', 'RST, is not allowed behind --tcp-flags'],
  ['-A OUTPUT --tcp-flags ,RST RST', ',RST is not allowed behind --tcp-flags'],
  ['-A OUTPUT --sport x1', 'x1 is not allowed behind --sport'],
  ['-A OUTPUT --sport 1:', '1: is not allowed behind --sport'],
  ['-A OUTPUT --mark 0x', '0x is not allowed behind --mark'],
  ['-A OUTPUT --mark 1/', '1/ is not allowed behind --mark'],
  ['-A OUTPUT --mark x1', 'x1 is not allowed behind --mark'],
  ['-A OUTPUT -i eth1', 'eth1 is not allowed behind -i'],
  ['-A OUTPUT -o xlo', 'xlo is not allowed behind -o'],
  ['-A OUTPUT -t rawx', 'rawx is not allowed behind -t'],
  ['-A OUTPUT -t xraw', 'xraw is not allowed behind -t'],
  ['-A OUTPUT -p 66', '66 is not allowed behind -p'],
  ['-A OUTPUT -p xtcp', 'xtcp is not allowed behind -p'],
  ['-A OUTPUT -j DROPX', 'DROPX is not allowed behind -j'],
  ['-A OUTPUT -j XDROP', 'XDROP is not allowed behind -j'],
  ['-A OUTPUT --ctstate new', 'new is not allowed behind --ctstate'],
  ['-A OUTPUT --comment ""', ' is not allowed behind --comment'],
  ['-A OUTPUT --comment a;b', 'a;b is not allowed behind --comment'],
  ['-A OUTPUT --ports 1x', '1x is not allowed behind --ports'],
  ['-A OUTPUT --syn x', 'x is not allowed here'],
  ['-A OUTPUT -s 10/1234', '10/1234 is not allowed behind -s'],
  ['-A OUTPUT -s 10/x1', '10/x1 is not allowed behind -s'],
  ['-F', '-F is not allowed here'],
  ['-A OUTPUT -M /bin/sh -j DROP', '-M is not allowed here'],
  ['-A OUTPUT -j LOG', 'LOG is not allowed behind -j'],
  ['-A OUTPUT -m bpf --object-pinned /x -j DROP', 'bpf is not allowed behind -m'],
  ['-t nat -A OUTPUT -j DROP', 'nat is not allowed behind -t'],
  ['-A mychain -j DROP', 'mychain is not allowed behind -A'],
  ['-p tcp -j DROP', 'it must add one rule, with -A or -I'],
  ['-A OUTPUT -A INPUT -j DROP', 'it must add one rule, with -A or -I'],
  ['-A OUTPUT -p', 'something is missing behind -p'],
  ['-A OUTPUT -j "DROP', 'what " begins has no end'],
  ['-A OUTPUT; reboot', 'OUTPUT; is not allowed behind -A'],
  ['--tab nat -A OUTPUT -j DROP', '--tab is not allowed here'],
  ['-tnat -A OUTPUT -j DROP', '-tnat is not allowed here'],
  ['--table=nat -A OUTPUT -j DROP', '--table=nat is not allowed here'],
  ['--app OUTPUT -j DROP', '--app is not allowed here'],
  ['-vA OUTPUT -j DROP', '-vA is not allowed here'],
  ['-A OUTPUT --modp=/bin/sh -j DROP', '--modp=/bin/sh is not allowed here'],
  ['-A OUTPUT -j DROP constructor', 'constructor is not allowed here'],
  ['-A OUTPUT -s dead.beef -j DROP', 'dead.beef is not allowed behind -s'],
  ['', 'it must add one rule, with -A or -I'],
])('%s is not: %s', (rule, why) => {
  expect(() => checkRule(rule, 4)).toThrow(`not a rule: ${why}`);
});

const withSource = (address: string): string => `-A OUTPUT -p tcp -s ${address} -j DROP`;

test.each([
  [4, ['192.0.2.1', '192.0.2.0/24', '10', '10.1/16', '0.0.0.0/0']],
  [6, ['2001:db8::1', '2001:db8::/32', '::', '::ffff:192.0.2.1']],
] as const)('addresses of IPv%d pass in its own rules, and in no others', (family, addresses) => {
  const other = family === 4 ? 6 : 4;
  for (const address of addresses) {
    expect(checkRule(withSource(address), family), address).toContain(address);
    expect(() => checkRule(withSource(address), other), address).toThrow(`${address} is not allowed behind -s`);
  }
});

// What iptables takes for no address it takes for a name, and asks the name servers of this machine.
test.each([
  [4, ['dead:beef', '300.1.1.1', '1.2.3.4.5', '1.2.3.4/24/8', '1.2.3.4/x', 'localhost']],
  [6, ['dead:beef', '1::2::3', '12345::', 'fe80::1%eth0', '::/', 'ip6-localhost']],
] as const)('nothing that would be looked up as a name passes in IPv%d', (family, names) => {
  for (const name of names) {
    expect(() => checkRule(withSource(name), family), name).toThrow(`${name} is not allowed behind -s`);
    expect(() => checkRule(`-A INPUT --destination ${name} -j DROP`, family), name).toThrow('not a rule');
  }
});
