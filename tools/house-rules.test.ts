import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { MODULE_MAP } from '../module-map.ts'
import { BEGIN, DOCUMENT, diagram, END, withDiagram } from './diagram.ts'
import {
  bypassedPorts,
  emptyNames,
  facesWithoutWords,
  foldersOffTheMap,
  REAL_PORTS,
  screensThatWrite,
  silenced,
  sqlOutsideQueries,
  sqlWithItsOwnTime,
  strayingSql,
} from './house-rules.ts'
import { paths, ROOT, sourceFiles } from './source-files.ts'

const code = sourceFiles(/\.(tsx?|sql)$/).filter(({ path }) => !path.startsWith('tools/'))
const schemas = [...Object.keys(MODULE_MAP), 'kernel']
const at = (path: string, text: string) => [{ path, text }]

describe('the repository', () => {
  test('has every module folder in the map, using only modules above it', () => {
    const folders = readdirSync(join(ROOT, 'server/modules'), { withFileTypes: true })
    expect(
      foldersOffTheMap(
        folders.filter((entry) => entry.isDirectory()).map((entry) => entry.name),
        MODULE_MAP,
      ),
    ).toEqual([])
  })

  test('gives every module a face that says what it is for', () => {
    expect(
      Object.keys(MODULE_MAP).filter((name) => !existsSync(join(ROOT, 'server/modules', name, 'index.ts'))),
    ).toEqual([])
    expect(facesWithoutWords(code)).toEqual([])
  })

  test('keeps SQL at home: a module names its own schema only, in its queries.ts', () => {
    expect(strayingSql(code, schemas)).toEqual([])
    expect(sqlOutsideQueries(code)).toEqual([])
  })

  test('lets screens only select', () => expect(screensThatWrite(code)).toEqual([]))

  test('takes time, chance, timers, the network and the environment through ports only', () =>
    expect(bypassedPorts(code)).toEqual([]))

  test('asks only kernel.now() for time in SQL, and makes no ids or chance there', () =>
    expect(sqlWithItsOwnTime(code)).toEqual([]))

  test('has no folder or file whose name says nothing', () => expect(emptyNames(paths())).toEqual([]))

  test('silences no test', () => expect(silenced(code)).toEqual([]))

  test('shows the diagram that module-map.ts gives', () => {
    const document = readFileSync(DOCUMENT, 'utf8')
    expect(withDiagram(document, diagram(MODULE_MAP)), 'run: node tools/diagram.ts --write').toBe(document)
  })
})

describe('a rule bites:', () => {
  test('the map', () => {
    const map = { a: [], b: ['a'], c: ['d'], d: [] }
    expect(foldersOffTheMap(['a', 'b', 'd', 'x'], map)).toEqual([
      'server/modules/x is not in module-map.ts',
      'module-map.ts names c, which has no folder',
      'c uses d, not above it',
    ])
  })

  test.each([
    [`sql\`select id from orders.line where id = \${id}\``, 1],
    ["'update inventory.level set on_hand = 1; select 1 from orders.line'", 1],
    ['\'insert into "orders".line values (1)\'', 1],
    ["'select orders.total(1)'", 1],
    ["db.selectFrom('orders.line as l')", 1],
    ["'select id from inventory.level where at < kernel.now()'", 0],
    ['// select id from orders.line', 0],
    ["from('../orders/index.ts')", 0],
    ["'please update orders. Then rest'", 0],
  ])('SQL that strays from inventory: %s', (text, faults) => {
    expect(strayingSql(at('server/modules/inventory/queries.ts', text), schemas)).toHaveLength(faults)
  })

  test('kernel SQL about a module', () =>
    expect(strayingSql(at('server/kernel/jobs.ts', "'select 1 from orders.line'"), schemas)).toHaveLength(1))

  test('SQL outside queries.ts', () => {
    const text =
      "const a = 'select id from orders.line'\nconst b = `with x as (select 1) select x`\nconst c = 'select a colour'"
    expect(sqlOutsideQueries(at('server/modules/orders/take.ts', text))).toHaveLength(2)
    expect(sqlOutsideQueries(at('server/commands/demo/take.ts', text))).toHaveLength(2)
    expect(sqlOutsideQueries(at('server/commands/queries.ts', text))).toHaveLength(2)
    expect(sqlOutsideQueries(at('server/screens/board-queries.ts', text))).toEqual([])
    expect(sqlOutsideQueries(at('server/modules/orders/line-queries.ts', text))).toEqual([])
    expect(sqlOutsideQueries(at('server/modules/orders/queries.ts', text))).toEqual([])
  })

  test.each([
    ["'insert into orders.line values (1)'", 1],
    ["'with x as (delete from orders.line returning id) select id from x'", 1],
    ["'update orders.line l set id = 1'", 1],
    ["'select id from orders.line for update'", 1],
    ["'select updated_at, id as update_of from orders.line'", 0],
  ])('a screen that writes: %s', (text, faults) => {
    expect(screensThatWrite(at('server/screens/board.ts', text))).toHaveLength(faults)
  })

  test.each([
    ['Date.now()', 1],
    ['globalThis.Date.now()', 1],
    ['const now = Date.now', 1],
    ['new Date()', 1],
    ['Math.random()', 1],
    ['performance.now()', 1],
    ['process.env.PORT', 1],
    ["process.env['PORT']", 1],
    ['fetch(url)', 1],
    ['globalThis.fetch(url)', 1],
    ['const send = fetch || other', 1],
    ['setTimeout(done, 5)', 1],
    ['setInterval(done, 5)', 1],
    ['setImmediate(done)', 1],
    ["import { setTimeout as sleep } from 'node:timers/promises'", 1],
    ["import http from 'node:http'", 1],
    ["import { randomUUID } from 'node:crypto'", 1],
    ["import { createHash } from 'node:crypto'", 0],
    ["import type { IncomingMessage } from 'node:http'", 0],
    ['new Date(epochMs)', 0],
    ['clock.now(); port.fetch(url)', 0],
    ['// Date.now() is banned', 0],
    ["'setTimeout(done)'", 0],
  ])('a port bypassed: %s', (text, faults) => {
    expect(bypassedPorts(at('server/modules/orders/a.ts', text))).toHaveLength(faults)
    expect(bypassedPorts(at('server/modules/orders/a.test.ts', text))).toEqual([])
  })

  test('a real port may take what it is for and nothing else', () => {
    expect(bypassedPorts(at('server/kernel/clock.ts', 'Date.now(); setTimeout(done, 5)'))).toEqual([])
    expect(bypassedPorts(at('server/kernel/clock.ts', 'Math.random()'))).toHaveLength(1)
    expect(Object.keys(REAL_PORTS).filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  test.each([
    ['create table a (at timestamptz not null default now());', 1],
    ['create table a (id uuid default gen_random_uuid());', 1],
    ['select clock_timestamp();\nselect current_timestamp;', 2],
    ['create table a (at timestamptz default kernel.now());\n-- not now()', 0],
    ['create function kernel.now() returns timestamptz\n  return now();', 0],
    ['create function kernel.later() returns timestamptz\n  return now();', 1],
  ])('time of its own in a migration: %s', (text, faults) => {
    expect(sqlWithItsOwnTime(at('server/migrations/0009_a.sql', text))).toHaveLength(faults)
  })

  test('time of its own in a statement', () => {
    const text =
      "const a = 'select id from orders.line where at < now()'\nconst b = 'update x set r = random()'\nconst c = 'now() it works'"
    expect(sqlWithItsOwnTime(at('server/modules/orders/queries.ts', text))).toHaveLength(2)
  })

  test('empty names', () => {
    const bad = [
      'server/utils/a.ts',
      'web/helpers.ts',
      'server/stock-manager.ts',
      'server/orderService.ts',
      'a/common/b.ts',
    ]
    expect(emptyNames([...bad, 'server/kernel/clock.ts', 'server/modules/orders/take.ts'])).toHaveLength(bad.length)
  })

  test.each(['test.only', 'it.skip', 'describe.todo', 'test.concurrent.skip'])('a silenced test: %s', (word) => {
    expect(silenced(at('server/a.test.ts', `${word}('a rule', () => {})`))).toHaveLength(1)
    expect(silenced(at('server/a.test.ts', `text('${word}')`))).toEqual([])
  })

  test('a face without words', () =>
    expect(facesWithoutWords(at('server/modules/orders/index.ts', "export { a } from './a.ts'"))).toHaveLength(1))

  test('an old diagram', () => {
    const block = diagram({ a: [], b: ['a'], c: ['a', 'b'] })
    expect(block).toContain('c --> b')
    expect(block).not.toContain('c --> a') // c reaches a through b
    expect(withDiagram(`x\n${BEGIN}\nold\n${END}\ny`, block)).toBe(`x\n${BEGIN}\n\n${block}\n\n${END}\ny`)
    expect(withDiagram('no place', block)).toBe(null)
  })
})
