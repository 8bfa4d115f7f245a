/** How far a sequence number is from another. */
import type { Text } from '../error.js';

/** Numbers go round: 4,294,967,295 is one less than 0. RFC 9293 §3.4. */
export function relation(one: number, other: number): Text {
  const distance = (one - other) | 0;
  const size = Math.abs(distance);
  return distance < 0 ? { en: `${size} too low`, zh: `小了 ${size}` } : { en: `${size} too high`, zh: `大了 ${size}` };
}
