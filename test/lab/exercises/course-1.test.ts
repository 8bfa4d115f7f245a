/** The course's exercises on real kernels: every third, from the first. */
import { playCourse } from './play-course.js';

playCourse(0);
