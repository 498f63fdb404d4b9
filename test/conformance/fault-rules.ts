import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChannelFault, type ChannelOrderLine } from '../../server/modules/channels/adapter.ts'
import { buyOne, faultOf, lineKeysOf, linesOf, onStage, thrownBy } from './shop.ts'
import type { Scene } from './stage.ts'

/** What goes wrong outside becomes one of the closed list of faults. */
export function faultRules(name: string, scene: Scene): void {
  describe(`${name}: faults`, () => {
    test('an outage is unreachable or unknown, and everything works again after it', () =>
      onStage(scene, async ({ adapter, simulator }, shop) => {
        const { next } = await adapter.collectOrders(null)
        const sold = lineKeysOf(buyOne(simulator.buy, shop.plain.item))
        simulator.setFaults({ outageUntil: simulator.now() + 3_600_000 })
        const { unit, item } = shop.plain
        for (const call of [
          () => adapter.collectOrders(next),
          () => adapter.readStock(unit),
          () => adapter.setStock(unit, [{ item, quantity: 1 }]),
          () => adapter.acknowledge([scene.strangeKey ?? '1']),
        ]) {
          expect(['unreachable', 'unknown']).toContain(await faultOf(call()))
        }
        simulator.setFaults({ outageUntil: 0 })
        expect(linesOf(await adapter.collectOrders(next)).map(({ lineKey }) => lineKey)).toEqual(sold)
      }))

    test('a refused connection is unreachable: nothing was applied', () =>
      onStage(scene, async (stage, shop) => {
        await stage.simulator.close()
        expect(await faultOf(stage.adapter.readStock(shop.plain.unit))).toBe('unreachable')
      }))

    test('429 becomes a pause, told to the budget and to the caller', () =>
      onStage(scene, async ({ adapter, simulator, learned }, shop) => {
        await adapter.readStock(shop.plain.unit)
        simulator.setFaults({ rateLimitedUntil: simulator.now() + 60_000 })
        const fault = await thrownBy(adapter.readStock(shop.plain.unit))
        expect(fault.code).toBe('rate_limited')
        expect(fault.pauseMs).toBeGreaterThan(0)
        expect(learned.at(-1)).toMatchObject({ remaining: 0, pauseMs: fault.pauseMs })
        simulator.setFaults({ rateLimitedUntil: 0 })
        await adapter.readStock(shop.plain.unit)
      }))

    test(
      'inside its budget no call is refused, however many are wanted at once',
      () =>
        onStage(
          scene,
          async ({ adapter, simulator, marketplace }, shop) => {
            buyOne(simulator.buy, shop.plain.item)
            const { unit } = shop.plain
            await Promise.all([
              ...Array.from({ length: 9 }, () => adapter.readStock(unit)),
              adapter.collectOrders(null),
              adapter.setStock(unit, [{ item: shop.plain.item, quantity: 3 }]),
            ])
            expect(scene.overBudget(marketplace)).toBe(0)
            expect(marketplace.doors.calls().reduce((sum, { taken }) => sum + taken, 0)).toBeGreaterThan(11)
          },
          { pace: true },
        ),
      60_000,
    )

    test('a wrong key is signed_out, without a storm of calls, and no secret is in the error', () =>
      onStage(scene, async (stage, shop) => {
        const adapter = stage.another({ credentials: scene.wrongCredentials })
        for (let attempt = 0; attempt < 5; attempt++) {
          const fault = await thrownBy(adapter.readStock(shop.plain.unit))
          expect(fault.code).toBe('signed_out')
          const told = JSON.stringify([fault.message, fault.stack, fault.said, String(fault.cause)])
          for (const [key, secret] of Object.entries(scene.wrongCredentials)) {
            if (/secret|access/i.test(key)) expect(told).not.toContain(secret)
          }
        }
        expect(stage.sent.length).toBeLessThanOrEqual(5)
      }))

    test('an empty key is a fault like any other', () =>
      onStage(scene, async (stage, shop) => {
        const adapter = stage.another({ credentials: {} })
        expect(['signed_out', 'refused']).toContain(await faultOf(adapter.readStock(shop.plain.unit)))
      }))

    test.each([
      ['HTML', '<html><body>Access Denied</body></html>'],
      ['half an answer', '{"code":200,"data":[{"a'],
      ['nothing', ''],
      ['null', 'null'],
      ['a list', '[]'],
      ['an empty object', '{}'],
      ['other types', '{"code":"SUCCESS","timestamp":7,"data":"soon","originProduct":[]}'],
      ['a million brackets', '['.repeat(1_000_000)],
      ['a row of nonsense', '{"code":200,"timestamp":"2026-11-20T09:00:00+09:00","data":[[]],"originProduct":{}}'],
    ])('an answer that is %s is garbled, and not taken for "no orders"', (_, body) =>
      onStage(scene, async (stage, shop) => {
        await stage.adapter.readStock(shop.plain.unit)
        stage.spoilAnswers(() => body)
        expect(await faultOf(stage.adapter.collectOrders(null))).toBe('garbled')
        expect(await faultOf(stage.adapter.readStock(shop.plain.unit))).toBe('garbled')
        expect(await faultOf(stage.adapter.acknowledge([scene.strangeKey ?? '123']))).toBe('garbled')
      }),
    )

    test('one field of an answer gone wrong is a ChannelFault or tells fewer orders and says so; it never loses one', () =>
      onStage(scene, async (stage, shop) => {
        const [first, second] = shop.options
        const buyAll = (buyer: string) =>
          stage.simulator.buy({ lines: [first!, shop.plain].map(({ item }) => ({ item, quantity: 2 })), buyer })
        const sold = [...lineKeysOf(buyAll('김하나')), ...lineKeysOf(buyAll('이둘'))]
        const [cancelled] = lineKeysOf(buyOne(stage.simulator.buy, second!.item, 3))
        stage.simulator.cancel(cancelled!, null)
        const { values, put } = scene.wrongField ?? { values: WRONG_VALUES, put: withWrongField }
        const wrong = fc.record({ at: fc.nat(500), value: fc.constantFrom(...values), answer: fc.nat(4) })
        await fc.assert(
          fc.asyncProperty(wrong, async ({ at, value, answer }) => {
            let answers = 0
            stage.spoilAnswers((body) => (answers++ === answer ? put(body, at, value) : body))
            const startedAt = Date.now()
            const collected = await stage.another().collectOrders(null).catch(mustBeFault)
            await stage.adapter.readStock(shop.plain.unit).catch(mustBeFault)
            if (!collected) return
            const lines = linesOf(collected)
            for (const line of lines) expectSound(line)
            expect(JSON.stringify(collected)).not.toMatch(/\\u0000|\\ud[89a-f]/i)
            const told = new Set(lines.map(({ lineKey }) => lineKey))
            if (!sold.every((key) => told.has(key))) expect(collected.begunAt).toBeLessThan(startedAt - 60_000)
          }),
          { seed: 7, numRuns: 150 },
        )
      }))
  })
}

/** JSON texts that a field of the contract must not hold, or hardly. */
const WRONG_VALUES = [
  'null',
  'true',
  '-1',
  '1.5',
  '1e400',
  '123456789012345678901234567890',
  '[]',
  '{}',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"2099-01-01T00:00:00.000+09:00"',
  '"9999-99-99T99:99:99"',
  `"${'가'.repeat(5_000)}"`,
]

/** Which ids a row has is nothing an adapter can check, so those fields stay as they are, as do whole lists. */
const FIELDS = /"(?!data")(\w*(?![iI]d"|No"|Code")\w{2})":("(?:[^"\\]|\\.)*"|-?[\d.]+|true|false|null)/g

function withWrongField(body: string, at: number, value: string): string {
  if (body.startsWith('<')) return withWrongElement(body, at, value)
  const fields = [...body.matchAll(FIELDS)]
  const field = fields[at % Math.max(1, fields.length)]
  if (!field) return body
  return `${body.slice(0, field.index)}"${field[1]}":${value}${body.slice(field.index + field[0].length)}`
}

/** The same of an answer in XML: an element that holds text holds another. */
function withWrongElement(body: string, at: number, value: string): string {
  const elements = [...body.matchAll(/<((?:\w+:)?(?!\w*(?:No|Seq|Cd)\b)\w+)>([^<]+)<\/\1>/g)]
  const element = elements[at % Math.max(1, elements.length)]
  if (!element) return body
  const [whole, name] = element
  const text = value.replaceAll(/^"|"$/g, '').replaceAll('\\u0000', '&#0;').replaceAll('\\ud800', '&#xD800;')
  return `${body.slice(0, element.index)}<${name}>${text}</${name}>${body.slice(element.index + whole.length)}`
}

function expectSound(line: ChannelOrderLine): void {
  for (const value of [line.quantity, line.cancelled, line.unitPrice, line.soldAt, line.changedAt]) {
    expect(value).toSatisfy(Number.isSafeInteger)
  }
  expect(line.cancelled).toBeGreaterThanOrEqual(0)
  expect(line.cancelled).toBeLessThanOrEqual(line.quantity)
  for (const key of [line.lineKey, line.unit, line.item]) expect(key).toMatch(/^[\w.:-]+$/)
}

function mustBeFault(error: unknown): null {
  if (!(error instanceof ChannelFault)) throw new Error('not a ChannelFault', { cause: error })
  // What only a bug of ours would throw is wrapped; a wrapped bug is a bug all the same.
  if (error.cause !== undefined) throw new Error('an adapter met an answer it did not foresee', { cause: error.cause })
  return null
}
