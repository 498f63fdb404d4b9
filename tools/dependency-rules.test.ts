import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser'
import { expect, test } from 'vitest'
import { cycles } from './cycles.ts'
import { CODE_FOLDERS, ROOT, sourceFiles } from './source-files.ts'

const file = new URL('../.dependency-cruiser.mjs', import.meta.url).href
const configuration = ((await import(file)) as { default: IConfiguration }).default

/** Which rules the code below `baseDir` breaks, as `rule: from → to`, and how many files were looked at. */
async function cruised(baseDir: string, folders: readonly string[]): Promise<{ broken: string[]; modules: number }> {
  const { forbidden, options } = configuration
  const { output } = await cruise([...folders], {
    ...options,
    baseDir,
    validate: true,
    ruleSet: { forbidden, options },
  } as Parameters<typeof cruise>[1])
  const { modules, summary } = output as ICruiseResult
  return {
    broken: [
      ...summary.violations.map((found) => `${found.rule.name}: ${found.from} → ${found.to}`),
      ...cycles(importsOf(modules)).map((cycle) => `no-cycles: ${cycle}`),
    ],
    modules: modules.filter((module) => /\.tsx?$/.test(module.source) && !/node_modules/.test(module.source)).length,
  }
}

const importsOf = (modules: ICruiseResult['modules']) =>
  modules.flatMap(({ source, dependencies }) =>
    dependencies.map(({ resolved, dependencyTypes }) => ({
      from: source,
      to: resolved,
      types: dependencyTypes.includes('type-only'),
    })),
  )

test('the repository keeps every dependency rule, and every file of it was looked at', async () => {
  const { broken, modules } = await cruised(ROOT, CODE_FOLDERS)
  expect(broken).toEqual([])
  // Without the `typescript` package, or with one it does not know, the tool sees no modules and finds no fault.
  expect(modules).toBeGreaterThanOrEqual(sourceFiles(/\.tsx?$/).length)
  expect(modules).toBeGreaterThan(100)
})

const nothing = 'export const nothing = 1\n'
const uses = (path: string) => `import { nothing } from '${path}'\nexport const used = nothing\n`

/** For each rule a file that breaks it, with what it reaches for. */
const BREAKS: [rule: string, from: string, text: string, to: string][] = [
  ['no-cycles', 'server/kernel/a.ts', uses('./b.ts'), 'server/kernel/b.ts'],
  ['everything-resolves', 'server/kernel/a.ts', uses('./gone.ts'), ''],
  ['module-must-be-in-the-map', 'server/modules/unheard/a.ts', uses('../../kernel/b.ts'), 'server/kernel/b.ts'],
  [
    'catalog-uses-only-what-the-map-allows',
    'server/modules/catalog/a.ts',
    uses('../orders/index.ts'),
    'server/modules/orders/index.ts',
  ],
  [
    'modules-meet-at-index',
    'server/modules/orders/a.ts',
    uses('../catalog/queries.ts'),
    'server/modules/catalog/queries.ts',
  ],
  [
    'only-compose-sees-http-and-jobs',
    'server/main.ts',
    uses('./modules/orders/http.ts'),
    'server/modules/orders/http.ts',
  ],
  [
    'outsiders-use-the-public-face',
    'server/http/a.ts',
    uses('../modules/orders/queries.ts'),
    'server/modules/orders/queries.ts',
  ],
  ['kernel-knows-nobody', 'server/kernel/a.ts', uses('../http/b.ts'), 'server/http/b.ts'],
  [
    'kernel-tests-know-only-the-test-database',
    'server/kernel/a.test.ts',
    uses('../modules/orders/index.ts'),
    'server/modules/orders/index.ts',
  ],
  [
    'modules-do-not-know-adapters',
    'server/modules/channels/a.test.ts',
    uses('../../adapters/marketplaces/naver/index.ts'),
    'server/adapters/marketplaces/naver/index.ts',
  ],
  ['modules-know-no-shell', 'server/modules/orders/a.ts', uses('../../compose.ts'), 'server/compose.ts'],
  [
    'adapters-know-only-the-port',
    'server/adapters/marketplaces/naver/a.ts',
    uses('../coupang/index.ts'),
    'server/adapters/marketplaces/coupang/index.ts',
  ],
  [
    'what-adapters-share-knows-none-of-them',
    'server/adapters/marketplaces/a.ts',
    uses('./coupang/index.ts'),
    'server/adapters/marketplaces/coupang/index.ts',
  ],
  ['screens-only-read', 'server/screens/a.ts', uses('../modules/orders/take.ts'), 'server/modules/orders/take.ts'],
  ['one-door-to-postgres', 'server/modules/orders/a.ts', "import pg from 'pg'\nexport const used = pg\n", ''],
  ['contract-is-a-leaf', 'contract/a.ts', uses('../server/kernel/b.ts'), 'server/kernel/b.ts'],
  ['web-sees-only-the-contract', 'web/a.ts', uses('../server/kernel/b.ts'), 'server/kernel/b.ts'],
  [
    'simulators-share-nothing',
    'simulators/a.ts',
    "import type { nothing } from '../contract/b.ts'\nexport type Used = typeof nothing\n",
    'contract/b.ts',
  ],
  ['nothing-runs-on-tests', 'server/http/a.ts', uses('../../test/b.ts'), 'test/b.ts'],
  ['runs-without-dev-packages', 'server/a.ts', "import * as made from 'vitest'\nexport const used = made\n", ''],
  ['vite-only-on-demand', 'server/a.ts', "import * as made from 'vite'\nexport const used = made\n", ''],
]

test.each(BREAKS)('a file that breaks "%s" is found', async (rule, from, text, to) => {
  const { broken } = await inFixture({
    [from]: text,
    ...(to ? { [to]: to.endsWith('b.ts') && rule === 'no-cycles' ? uses('./a.ts') : nothing } : {}),
  })
  expect(broken.map((line) => line.split(':')[0])).toContain(rule)
})

const usesType = (path: string) => `import type { nothing } from '${path}'\nexport type Used = typeof nothing\n`

test('a cycle of values is found although one of types is shorter', async () => {
  const { broken } = await inFixture({
    'server/kernel/a.ts': uses('./b.ts'),
    'server/kernel/b.ts': usesType('./a.ts') + uses('./c.ts'),
    'server/kernel/c.ts': uses('./a.ts'),
  })
  expect(broken).toEqual(['no-cycles: server/kernel/a.ts ↔ server/kernel/b.ts ↔ server/kernel/c.ts'])
})

test('a cycle of types is found between folders and allowed within one', async () => {
  const { broken } = await inFixture({
    'simulators/naver/a.ts': uses('./b.ts'),
    'simulators/naver/b.ts': usesType('./a.ts'),
    'simulators/coupang/a.ts': uses('../marketplace.ts'),
    'simulators/marketplace.ts': usesType('./coupang/a.ts'),
  })
  expect(broken).toEqual(['no-cycles: simulators/coupang/a.ts ↔ simulators/marketplace.ts'])
})

test('every rule has a file that breaks it', () => {
  const rules = (configuration.forbidden ?? []).map((rule) => rule.name ?? '')
  const ofTheMap = /-uses-only-what-the-map-allows$/ // made alike for every module; one stands for all
  const tried = new Set(BREAKS.map(([rule]) => rule))
  expect(rules.filter((rule) => !tried.has(rule) && !ofTheMap.test(rule))).toEqual([])
})

test('what the rules allow is not found', async () => {
  const { broken } = await inFixture({
    'server/main.ts': `export const web = () => import('vite')\n`,
    'server/compose.ts': uses('./modules/orders/http.ts'),
    'server/modules/orders/http.ts': uses('../catalog/index.ts'),
    'server/modules/catalog/index.ts': uses('../../kernel/b.ts'),
    'server/modules/channels/adapter.ts': uses('../../kernel/b.ts'),
    'server/adapters/marketplaces/naver/index.ts': uses('../told.ts'),
    'server/adapters/marketplaces/told.ts': uses('../../modules/channels/adapter.ts'),
    'server/kernel/b.ts': `import pg from 'pg'\nexport const nothing = pg\n`,
    'contract/a.ts': `import { z } from 'zod'\nexport const nothing = z\n`,
    'web/a.ts': uses('../contract/a.ts'),
  })
  expect(broken).toEqual([])
})

async function inFixture(files: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'jaego-rules-'))
  try {
    for (const name of ['package.json', 'tsconfig.json', 'node_modules'])
      symlinkSync(join(ROOT, name), join(folder, name))
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    return await cruised(folder, [...new Set(Object.keys(files).map((path) => path.split('/')[0]!))])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
