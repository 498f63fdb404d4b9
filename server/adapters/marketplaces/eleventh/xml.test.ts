import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fieldsOf, readXml, type XmlElement } from './xml.ts'

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z\d_.-]{0,8}$/)
const text = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .filter((value) => !/[\0\uFEFF]/.test(value) && value.isWellFormed())

const tree = fc.letrec<{ element: XmlElement; leaf: XmlElement }>((tie) => ({
  leaf: fc.record({ name, text, children: fc.constant([]) }),
  element: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    tie('leaf'),
    fc.record({ name, text, children: fc.array(tie('element'), { maxLength: 3 }) }),
  ),
})).element

const escaped = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Prefixes on some and not on others, attributes, comments and CDATA: all that may be written one way or another. */
function written(element: XmlElement, way: number): string {
  const prefix = way % 2 === 0 ? 'ns2:' : ''
  const attribute = way % 3 === 0 ? ` xmlns:ns2="http://a.b/?c>d" x='"'` : ''
  const own = way % 5 === 0 && !element.text.includes(']]>') ? `<![CDATA[${element.text}]]>` : escaped(element.text)
  const inside = own + element.children.map((child) => written(child, way + 1)).join('<!-- > & -->')
  return `<${prefix}${element.name}${attribute}>${inside}</${prefix}${element.name} >`
}

test('what is written is read: any names, texts and depth, with prefixes, attributes, comments and CDATA', () => {
  fc.assert(
    fc.property(tree, fc.nat(30), fc.boolean(), (element, way, declared) => {
      const prolog = declared ? '<?xml version="1.0" encoding="EUC-KR" standalone="yes"?>\n' : ''
      expect(readXml(prolog + written(element, way))).toEqual(element)
    }),
    { seed: 1 },
  )
})

test('a document cut off anywhere is none', () => {
  fc.assert(
    fc.property(tree, fc.nat(30), fc.nat(), (element, way, cut) => {
      const whole = written(element, way).trimEnd()
      expect(readXml(whole.slice(0, cut % whole.length))).toBeNull()
    }),
    { seed: 2 },
  )
})

test('any text whatever is an element or null, and throws nothing', () => {
  const bits = fc.constantFrom(
    '<',
    '>',
    '</',
    '/>',
    'a',
    'b:',
    '&',
    '&#',
    ';',
    '"',
    "'",
    '=',
    '<!--',
    '-->',
    ']]>',
    '<![CDATA[',
    ' ',
    '<?xml ?>',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(bits, { maxLength: 40 }).map((parts) => parts.join('')),
      ),
      (document) => {
        const root = readXml(document)
        expect(root === null || root.name !== '').toBe(true)
      },
    ),
    { seed: 3, numRuns: 2_000 },
  )
})

test.each([
  ['a DTD', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
  ['a DTD after the declaration', '<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
  ['an entity bomb', `<!DOCTYPE a [<!ENTITY b "${'c'.repeat(1_000)}"><!ENTITY d "${'&b;'.repeat(1_000)}">]><a>&d;</a>`],
  ['two roots', '<a/><b/>'],
  ['text beside the root', '<a/>b'],
  ['tags that cross', '<a><b></a></b>'],
  ['a second declaration', '<a><?xml version="1.0"?></a>'],
  ['an instruction', '<a><?php echo 1 ?></a>'],
  ['an attribute without quotes', '<a b=c></a>'],
  ['nothing', ''],
  ['JSON', '{"a":1}'],
  ['a thousand deep', '<a>'.repeat(1_000) + '</a>'.repeat(1_000)],
  ['a name of a thousand letters', `<${'a'.repeat(1_000)}/>`],
])('%s is no document', (_, document) => {
  expect(readXml(document)).toBeNull()
})

test('more elements than any answer has, and a million open ones, end soon and are no document', () => {
  expect(readXml(`<a>${'<b/>'.repeat(500_001)}</a>`)).toBeNull()
  expect(readXml('<a>'.repeat(1_000_000))).toBeNull()
  expect(readXml('<'.repeat(1_000_000))).toBeNull()
  expect(readXml(`<a ${'b="c" '.repeat(200_000)}`)).toBeNull()
})

test('the five names and numbers are read; what they cannot mean is U+FFFD; anything else stays as it is', () => {
  const read = (inside: string) => readXml(`<a>${inside}</a>`)?.text
  expect(read('&lt;&gt;&amp;&quot;&apos;&#44032;&#xac00;&#128512;')).toBe('<>&"\'가가😀')
  expect(read('&#0;&#xd800;&#x110000;&#9999999;')).toBe('\uFFFD\uFFFD\uFFFD\uFFFD')
  expect(read('&amp;lt; A&B &nbsp; &xxe; &;')).toBe('&lt; A&B &nbsp; &xxe; &;')
})

test('fields: missing, empty and null are none, the first of two counts, and no name reaches a prototype', () => {
  const row = readXml(
    '<r><a> 1 </a><a>2</a><b>null</b><c/><__proto__>x</__proto__><constructor>y</constructor><d-e>z</d-e></r>',
  )!
  const fields = fieldsOf(row)
  expect(Object.entries(fields)).toEqual([
    ['a', '1'],
    ['constructor', 'y'],
  ])
  expect(Object.getPrototypeOf(fields)).toBeNull()
  expect(fields.toString).toBeUndefined()
  expect(({} as Record<string, unknown>).x).toBeUndefined()
})
