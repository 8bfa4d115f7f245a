/** The other side has answered, and then reset it. */
import { type Explanation, resetOnTheWay } from '../explanation.js';

export const RESET_BY_PEER: Explanation = {
  certainty: () => 'seen',
  meaning(of) {
    const title = resetOnTheWay(of)?.title;
    return title === undefined
      ? { en: 'RESET by the other side', zh: '被对方复位 RESET' }
      : { en: `RESET by the ${title.en}, in the other side's name`, zh: `被${title.zh}以对方的名义复位 RESET` };
  },
  at: ({ peer }) => [peer?.syn, peer?.reset],
};
