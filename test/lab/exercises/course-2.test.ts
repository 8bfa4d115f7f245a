/** The course's exercises on real kernels: every third, from the second. */
import { playCourse } from './play-course.js';

playCourse(1);
