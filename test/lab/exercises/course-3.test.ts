/** The course's exercises on real kernels: every third, from the third. */
import { playCourse } from './play-course.js';

playCourse(2);
