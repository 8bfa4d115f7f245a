/** The texts of self-connect-nc, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: 'nc 自言自语',
  claim: '日常的 nc 若呼叫自己所绑定的端口，就会连上自己；能否紧接着再来一次，取决于 SO_REUSEADDR。',
  steps: [
    'nc 绑定本机地址的 41000 端口，并连接同一地址和端口：nc -N -p 41000 -s 地址 地址 41000。strace 记下它的系统调用。',
    '向它的标准输入写一行；随后关闭输入，nc 便关闭连接。',
    '立刻再执行一次同样的命令。',
    '一个像 ncat 那样设置 SO_REUSEADDR 的程序在下一个端口上自连接，关闭，再来一次。',
  ],
  facts: {
    segments: '环回接口上的握手',
    owner: '两端相同的四元组归谁',
    echo: 'nc 打印的内容',
    calls: 'nc 调用了 bind、connect、listen、accept 中的哪些',
    left: 'nc 结束之后留下的',
    again: '紧接着的第二个 nc',
    reusing: '设置 SO_REUSEADDR 后连续两次',
  },
  explanation:
    '对内核来说，这就是同名实验里的自连接。关闭时 nc 与自己同时关闭：它的 FIN 在 FIN_WAIT1 时回来，进入 CLOSING；对 FIN 的确认再把它带到 TIME_WAIT，停留 60 秒。第二次 bind() 在已绑定端口的表中遇到这一项（inet_csk_get_port、inet_bind_conflict），于是失败，因为 OpenBSD 的 nc 在连接时不设置 SO_REUSEADDR。若两个套接字都设置了它，bind() 就会成功；connect() 还可以取代 TIME_WAIT 那一项，因为时间戳能分清两个连接的报文（tcp_twsk_unique）：新的初始序号是旧连接下一个序号加 65537。',
  next: [
    '把 nc 换成 nmap 的 ncat：第二次运行会成功。',
    '执行 sysctl net.ipv4.tcp_timestamps=0 之后，SO_REUSEADDR 也无济于事：connect() 得到 EADDRNOTAVAIL。',
  ],
  claims: {
    twoMinutes: {
      text: '连接关闭后，它的端口两分钟内不能再用。',
      because:
        '在 Linux 上是 60 秒，而且只限于没有设置 SO_REUSEADDR 的 bind()。设置了它，又有时间戳，连完全相同的四元组也能立刻重新连接。',
    },
  },
  scenes: {
    nc: 'nc',
    program: '设置 SO_REUSEADDR 的程序',
  },
  missing: {
    nc: '没有安装 netcat-openbsd 软件包的 nc：不作关于 nc 的结论。',
    strace: '没有安装 strace，或不许它跟踪：不作关于 nc 系统调用的结论。',
  },
} satisfies Translation<typeof en>;
