/** A third of the course. */
import { testPart } from './course.js';

testPart(2);
