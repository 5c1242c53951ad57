import assert from 'node:assert/strict';
import test from 'node:test';
import { onAbort } from '../../src/host/on-abort.ts';

test('an interruption is heard once, whether it comes later or came before anybody listened', () => {
  const later = new AbortController();
  let heard = 0;
  {
    using _listening = onAbort(later.signal, () => {
      heard += 1;
    });
    assert.equal(heard, 0);
    later.abort();
  }
  assert.equal(heard, 1);
  onAbort(later.signal, () => {
    heard += 1;
  });
  assert.equal(heard, 2);
});

test('whoever has stopped listening hears nothing', () => {
  const controller = new AbortController();
  {
    using _listening = onAbort(controller.signal, () => assert.fail('heard it'));
  }
  controller.abort();
});
