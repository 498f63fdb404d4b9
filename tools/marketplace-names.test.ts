import { expect, test } from 'vitest'
import { capabilitiesOf } from '../server/adapters/marketplaces/capabilities-of.ts'
import { openMarketplace } from '../server/adapters/marketplaces/index.ts'
import { en } from '../web/texts/en.ts'
import { isTest, type SourceFile, sourceFiles } from './source-files.ts'

/** Who knows marketplaces by name. CONTRIBUTING.md lists what a new one touches: a further list must not creep in. */

const NAMES = Object.keys(openMarketplace)

/** Files that name some of them and why. Each has its own folders besides, and tests name whom they play. */
const MAY_NAME: Readonly<Record<string, string>> = {
  'server/adapters/marketplaces/index.ts': 'the record: the one line that adds a marketplace',
  'simulators/main.ts': 'starts the pretend ones, a port each',
  'web/channel.tsx': 'which have a colour and a name of their own on the board; others show grey, under their id',
  'web/page.css': 'the colours',
  'web/texts/ko.ts': 'the names, in Korean',
  'web/texts/en.ts': 'the names, in English',
  'server/commands/demo/channels.ts': 'the accounts of the demo',
  'server/commands/demo/doors.ts': 'the demo cuts one off by a button',
  'server/commands/start.ts': 'the demo of `npm start`: two of them',
  'contract/board.ts': 'the name of that button',
  'web/board/break-it.tsx': 'that button',
  'bench/main.ts': 'loads by name',
  'bench/sync.ts': 'a load on two of them',
  'bench/sync-stage.ts': 'a load on two of them',
  'bench/sync-marketplaces.ts': 'a load on two of them',
  'bench/storm-marketplaces.ts': 'the accounts of a load',
  'bench/storm-split.ts': 'how many of its listings go where',
}

const files = sourceFiles(/\.(tsx?|css|sql)$/).filter(({ path }) => !isTest(path) && !/^(test|tools)\//.test(path))
const naming = files.filter((file) => namesIn(file).length > 0)

test('marketplaces are named in their own folders and in the files listed here, and nowhere else', () => {
  const strangers = naming.filter(({ path }) => !(path in MAY_NAME))
  expect(strangers.map((file) => `${file.path} names ${namesIn(file).join(', ')}`)).toEqual([])
})

test('every file listed here names one still', () => {
  const paths = naming.map(({ path }) => path)
  expect(Object.keys(MAY_NAME).filter((path) => !paths.includes(path))).toEqual([])
})

test('a marketplace has one name in English, in the documents and on the pages', () => {
  const pages: Readonly<Record<string, string>> = en.channels.name
  const documents = Object.entries(openMarketplace).map(([id, open]) => [id, capabilitiesOf(open).names.en])
  expect(documents).toEqual(NAMES.map((id) => [id, pages[id]]))
})

test('a name in code is found, and one in a comment or of the file’s own folder is not', () => {
  const [name] = NAMES
  const found = (path: string, text: string) => namesIn({ path, text })
  expect(found('server/kernel/x.ts', `const a = '${name}'`)).toEqual([name])
  expect(found('server/kernel/x.ts', `const a = { ${name}: 1 }`)).toEqual([name])
  expect(found('server/kernel/x.sql', `check (channel in ('${name}'))`)).toEqual([name])
  expect(found('server/kernel/x.ts', `// as ${name} does\nconst a = 1 /* ${name} */`)).toEqual([])
  expect(found(`simulators/${name}/x.ts`, `const a = '${name}'`)).toEqual([])
})

/** Names of marketplaces whose folder this is not, comments apart. */
function namesIn({ path, text }: SourceFile): string[] {
  const code = text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(path.endsWith('.sql') ? /--.*$/gm : /(?<!:)\/\/.*$/gm, '')
  const own = /^(?:simulators|server\/adapters\/marketplaces)\/([^/]+)\//.exec(path)?.[1]
  return NAMES.filter((name) => name !== own && new RegExp(`(?<![a-z0-9])${name}(?![a-z0-9])`).test(code))
}
