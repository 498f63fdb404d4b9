import { expect, test } from 'vitest'
import { en } from './en.ts'
import { chosenLanguage } from './i18n.ts'
import { ko } from './ko.ts'

test('English and Korean have the same keys with the same places to fill', () => {
  const korean = places(ko)
  const english = places(en)
  expect(english).toEqual(korean)
  expect(korean.length).toBeGreaterThan(200)
})

test('no English text is left in Korean letters, but for the name of the product', () => {
  const left = texts(en).filter(([key, text]) => key !== 'app.title' && /[가-힣]/.test(text))
  expect(left).toEqual([])
})

test('the address decides the language, then what was chosen before, then Korean', () => {
  expect(chosenLanguage('?lang=en', 'ko')).toBe('en')
  expect(chosenLanguage('', 'en')).toBe('en')
  expect(chosenLanguage('', null)).toBe('ko')
  expect(chosenLanguage('?lang=fr', null)).toBe('ko')
})

function places(tree: object): string[] {
  return texts(tree).map(([key, text]) => `${key} ${(text.match(/{{\w+}}/g) ?? []).sort().join(' ')}`)
}

function texts(tree: object, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] => {
    const here = path === '' ? key : `${path}.${key}`
    return typeof value === 'string' ? [[here, value]] : texts(value as object, here)
  })
}
