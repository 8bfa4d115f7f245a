/** Scripted exercises: read, run against real kernels, graded. */
export { gradeFolder, type GradeOptions } from './grade-folder.js';
export { handoutOf } from './handout.js';
export { exerciseJsonSchema } from './json-schema.js';
export { type Answers, parseAnswers, readAnswers } from './answers.js';
export { parseExercise, readExercise } from './read.js';
export { runExercise, type RunExerciseOptions } from './run.js';
export { type Exercise, exerciseSchema, type Question } from './schema.js';
export { type ActionName, type Actions, ACTIONS, type Step } from './step-schema.js';
export type {
  AskedQuestion,
  CaseRun,
  Check,
  Decision,
  ExerciseRun,
  Grade,
  GradedFolder,
  Handout,
  Objection,
  PassedOver,
  QuestionKind,
  QuestionResult,
  RanProgram,
} from '../evidence/exercise.js';
