/** A connection whose only way is taken away under it: nothing more can come or go, and no call of the kernel says so. */
import { RawshakeError, type Text } from '../error.js';
import type { Obstacle } from '../evidence/connection.js';
import { onLinkGone } from '../linux/netlink/link-monitor.js';
import type { NetworkNamespace } from '../linux/namespace/netns.js';
import { linkTowards, type Route } from './route.js';

/** What such a connection ends with. */
export class LinkGone extends Error {
  override readonly name = 'LinkGone';
  readonly text: Text;

  constructor(link: string) {
    const text: Text = {
      en: `the link ${link} is gone: nothing more could come or go`,
      zh: `接口 ${link} 已不存在：无法再收发任何数据`,
    };
    super(text.en);
    this.text = text;
  }
}

export interface LinkWatch {
  readonly route: Route;
  readonly mark: number;
  readonly netns: NetworkNamespace | undefined;
}

/** Calls back once when the link is gone that packets leave by, and no other leads there, until it is ended. */
export function onNoLinkLeft({ route, mark, netns }: LinkWatch, listener: (error: LinkGone) => void): () => void {
  let end = (): void => undefined;
  const watch = (link: Route['link']): void => {
    end = onLinkGone(
      link,
      () => {
        const other = linkLeft({ route, mark, netns });
        if (other === undefined) listener(new LinkGone(link.name));
        else watch(other);
      },
      netns,
    );
  };
  watch(route.link);
  return () => {
    end();
  };
}

/** None in a namespace that somebody has closed while the connection was there. */
function linkLeft({ route, mark, netns }: LinkWatch): Route['link'] | undefined {
  try {
    return linkTowards(route, { mark, netns });
  } catch (error) {
    if (error instanceof RawshakeError && error.code === 'RS_CLOSED') return undefined;
    throw error;
  }
}

/** Of a link that is there, and by which no way leads: it is down, or its addresses or routes are gone. */
export const CUT_OFF: Obstacle = {
  why: {
    en: 'no route leads to the other side any more: it could not be told either that this is the end',
    zh: '已没有通往对方的路由：也无法告知对方连接到此结束',
  },
  hint: {
    en: 'Look at links, addresses and routes: ip link; ip address; ip route show table all',
    zh: '请查看接口、地址和路由：ip link；ip address；ip route show table all',
  },
};
