/** Why bytes could not be read, in both languages. */
import type { Text } from '../../error.js';
import type { WireError } from '../../wire/index.js';
import { text } from './text.js';

export const wireErrorWords = (error: WireError): Text => text(error.message, chinese(error));

function chinese({ code, layer, offset, need, have }: WireError): string {
  const place = `从第 ${offset} 字节开始的 ${layer}`;
  switch (code) {
    case 'truncated':
      return `${place} 需要 ${need} 字节，而只有 ${have} 字节`;
    case 'bad-length':
      return `${place} 的长度字段是 ${have} 字节，而至少需要 ${need} 字节`;
    case 'bad-version':
      return `${place} 的版本是 ${have}，而不是 ${need === 0 ? '4 或 6' : need}`;
    case 'too-many':
      return `${place} 的首部超过 ${need} 个`;
  }
}
