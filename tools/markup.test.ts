import { expect, test } from 'vitest'
import { sourceFiles } from './source-files.ts'

const AS_MARKUP =
  /dangerouslySetInnerHTML|\b(inner|outer)HTML\s*=|insertAdjacentHTML|document\.write|\bsrcDoc\b|\bnew Function\b|\beval\(/

test('the web puts no text into a page as markup or code: names come from marketplaces, and some look like it', () => {
  const files = sourceFiles(/\.tsx?$/, ['web'])
  expect(files.length).toBeGreaterThan(10)
  expect(files.filter(({ text }) => AS_MARKUP.test(text)).map(({ path }) => path)).toEqual([])
})
