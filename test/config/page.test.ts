// docs/configuration.md is what the schema says; UPDATE_GOLDEN=1 writes it.
import test from 'node:test';
import { assertGolden } from '../golden.ts';
import { configurationPage } from './page.ts';

test('the page of all keys is made from the schema', () => {
  assertGolden('../../docs/configuration.md', configurationPage());
});
