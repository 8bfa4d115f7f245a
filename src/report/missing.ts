/** Text of the other side that never arrived, told. */
import type { Text } from '../error.js';
import type { ConnectionEvidence } from '../evidence/connection.js';

export const missingText = ({ bytes, fin }: NonNullable<ConnectionEvidence['missing']>): Text => {
  if (bytes === 0) return FIN_MISSING;
  const [are, lack] = bytes === 1 ? ['byte', 'is'] : ['bytes', 'are'];
  return {
    en: `at least ${bytes} ${are} of what the other side sent ${lack} missing${fin ? ', and it has closed behind them (FIN)' : ''}`,
    zh: `对方发送的数据至少缺少 ${bytes} 字节${fin ? '，且对方已在其后关闭（FIN）' : ''}`,
  };
};

const FIN_MISSING: Text = {
  en: 'the other side has closed (FIN), which did not arrive',
  zh: '对方已关闭（FIN），但该报文未到达',
};
