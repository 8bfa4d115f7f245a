/** The format as a JSON Schema, by which editors complete and check exercises. */
import { z } from 'zod';
import { ACTION_NAMES } from './step-schema.js';
import { exerciseSchema } from './schema.js';

/** Draft 2020-12. What depends on other parts of the file (names, packets) only `rawshake` itself checks. */
export function exerciseJsonSchema(): object {
  return z.toJSONSchema(exerciseSchema, {
    io: 'input',
    unrepresentable: 'any',
    override({ jsonSchema }) {
      // A step has exactly one action; zod knows that as a function.
      if (jsonSchema.properties?.['send'] !== undefined)
        jsonSchema.oneOf = ACTION_NAMES.map((action) => ({ required: [action] }));
    },
  });
}
