// A strict reader of the small XML that the exporters write: enough to prove that a text is well-formed and what is in it.
import assert from 'node:assert/strict';

export interface XmlElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Its own text, decoded, without that of its children. */
  text: string;
}

/** All elements in document order; fails on anything that is not well-formed. */
export function elementsOf(xml: string): readonly XmlElement[] {
  const elements: XmlElement[] = [];
  const open: XmlElement[] = [];
  const token = /<\?xml[^<>]*\?>|<(\/?)([\w:-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<>]+)/y;
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const match = token.exec(xml);
    assert.ok(match, `not well-formed at: ${xml.slice(at, at + 80)}`);
    const [, closing, tag, attributes, selfClosing, text] = match;
    if (text !== undefined) {
      const parent = open.at(-1);
      if (parent === undefined) assert.equal(text.trim(), '');
      else parent.text += decoded(text);
    } else if (tag !== undefined && closing === '/') {
      assert.equal(open.pop()?.tag, tag);
    } else if (tag !== undefined) {
      const pairs = [...(attributes ?? '').matchAll(/([\w:-]+)="([^"]*)"/g)];
      const keys = pairs.map((pair) => pair[1]);
      assert.equal(new Set(keys).size, keys.length, `an attribute twice: ${match[0]}`);
      const element = {
        tag,
        attributes: Object.fromEntries(pairs.map(([, k = '', v = '']) => [k, decoded(v)])),
        text: '',
      };
      elements.push(element);
      if (selfClosing !== '/') open.push(element);
    }
  }
  assert.deepEqual(open, []);
  return elements;
}

function decoded(text: string): string {
  assert.doesNotMatch(text, /&(?!#\d+;|(?:amp|lt|gt|quot|apos);)/);
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
}
