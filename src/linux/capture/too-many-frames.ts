/** How much of a lab's link is kept, and what is said where more has passed. */
import { RawshakeError } from '../../error.js';

/** What a lab's capture keeps. Two kernels can be set to answer each other for ever, tens of thousands of times a second. */
export const MOST_FRAMES = 50_000;
export const MOST_BYTES = 64 << 20;

/** RS_LIMIT; an exercise says it of itself. */
export class TooManyFrames extends RawshakeError {
  constructor() {
    const [frames, mebibytes] = [String(MOST_FRAMES), String(MOST_BYTES >> 20)];
    super(
      'RS_LIMIT',
      {
        en: `more than ${frames} frames, or ${mebibytes} MiB, passed the link`,
        zh: `通过链路的帧超过 ${frames} 个或 ${mebibytes} MiB`,
      },
      {
        hint: {
          en: 'So it is where two ends answer each other without end: look at the settings and rules that are in force.',
          zh: '两端不停地互相应答时就会这样：请检查生效的设置和规则。',
        },
      },
    );
  }
}
