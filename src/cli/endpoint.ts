/** `192.0.2.1:41000`, `[2001:db8::1]:41000`: an address and a port in one argument. */
import { InvalidArgumentError } from 'commander';
import { addressVersion } from '../wire/index.js';
import { told } from './told.js';

export interface Endpoint {
  readonly address: string;
  /** 0 to 65535. */
  readonly port: number;
}

export function endpointOf(text: string): Endpoint {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const sound =
    (bracketed !== undefined && addressVersion(bracketed) === 6) ||
    (plain !== undefined && addressVersion(plain) === 4);
  if (!sound || Number(port) > 65_535)
    throw new InvalidArgumentError(
      told({
        en: 'An address and a port: 192.0.2.1:80 or [2001:db8::1]:80.',
        zh: '地址和端口：192.0.2.1:80 或 [2001:db8::1]:80。',
      }),
    );
  return { address: bracketed ?? plain ?? '', port: Number(port) };
}
