/** The JSON Schema that is published is the one that the format gives. `npm run schema` writes it. */
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { exerciseJsonSchema } from '../../src/exercise/json-schema.js';

const FILE = 'exercises/exercise.schema.json';

test('exercises/exercise.schema.json is up to date', async () => {
  const text = await format(JSON.stringify(exerciseJsonSchema()), { ...(await resolveConfig(FILE)), parser: 'json' });
  await expect(text).toMatchFileSnapshot(`../../${FILE}`);
});
