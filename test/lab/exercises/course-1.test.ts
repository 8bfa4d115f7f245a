/** A third of the course. */
import { testPart, testThatAllAreTested } from './course.js';

testThatAllAreTested();
testPart(1);
