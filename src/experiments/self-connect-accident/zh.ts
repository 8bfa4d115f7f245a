/** The texts of self-connect-accident, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = (({ mostTries }) => ({
  title: '服务器没开，却有回答',
  claim: '程序反复连接本机临时端口范围内的一个关闭端口，一旦内核恰好把这个端口分给它自己，它就连上了自己。',
  steps: [
    '让内核只在 44600 到 44610 之间选端口，好让偶然来得快些。（平时是 32768 到 60999。）',
    `程序一次次呼叫无人监听的 localhost:44600，最多 ${mostTries} 次。它不做 bind。`,
    '连上之后，比较 getsockname() 与 getpeername()，写入并读取。与此同时，真正的服务器试图启动。',
    '再对奇数端口 44601 和范围之外的端口做同样的事。',
  ],
  facts: {
    even: '呼叫 44600 端口',
    equalEnds: 'getsockname() 等于 getpeername()',
    owner: '两端相同的四元组归谁',
    echo: '对所写内容的回答',
    serverStarts: '此时启动的服务器的 bind()',
    odd: `呼叫 44601 端口 ${mostTries} 次`,
    outside: '呼叫范围之外的端口',
  },
  explanation:
    '套接字没有端口就调用 connect() 时，由 __inet_hash_connect() 选一个：起点取决于目的地，此后每次连接都从那里随机前进一步。目的端口和别的端口没有两样：没有谁绑定它。于是 SYN 从它要去的那个端口发出，遇到自己的套接字，自连接就此完成。它先试与范围下界奇偶相同的端口；另一半留给 bind()，只有前一半用尽时才取。所以下界为 44600 时，只要偶数端口还有空闲，奇数端口就是安全的。低于这个范围的服务器端口总是安全的；因此服务器端口应当放在那里，或者写进 net.ipv4.ip_local_reserved_ports。会重试的程序可以比较 getsockname() 和 getpeername()，相等就关闭。',
  next: [
    '执行 sysctl net.ipv4.ip_local_reserved_ports=44600，就再也不会发生。',
    '保持平时的范围，数一数要试多少次：几千次。',
  ],
  claims: {
    serverIsThere: {
      text: 'connect() 成功，就说明有服务器在。',
      because: '程序可能连上了自己。它会读回自己写的内容，而真正的服务器因端口被占而无法启动。',
    },
    portsAtRandom: {
      text: '内核从整个范围内随机选择临时端口。',
      because: 'connect() 只取同一奇偶的端口，从难以猜测的起点随机前进；另一半要等这一半用尽才轮到。',
    },
  },
  scenes: {
    even: '范围内的偶数端口',
    odd: '奇数端口',
    outside: '范围之外的端口',
  },
})) satisfies Translation<typeof en>;
