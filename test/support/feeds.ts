/** Feeds, read to their end. */
import type { Feed } from '../../src/evidence/feed.js';
import type { Moment } from '../../src/evidence/moment.js';

export async function momentsOf(feed: Feed): Promise<readonly Moment[]> {
  const moments: Moment[] = [];
  for await (const moment of feed) moments.push(moment);
  return moments;
}
