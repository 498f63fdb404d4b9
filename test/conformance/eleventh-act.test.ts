import { describe, expect, test } from 'vitest'
import { CHANNEL_FAULTS } from '../../server/modules/channels/adapter.ts'
import { type EleventhSwitches, TEST_ELEVENTH_CREDENTIALS } from '../../simulators/eleventh/index.ts'
import { HOUR, keyOf, MINUTE, one, openPlay, SECOND, shelf } from './eleventh-play.ts'
import { faultOf, thrownBy } from './shop.ts'

describe('eleventh: acknowledging and shipping', () => {
  const bundle = async (switches: Partial<EleventhSwitches> = {}, settings = {}) => {
    const play = openPlay(switches, settings)
    const { red, blue, plain } = shelf(play)
    const keys = play.buy([red, blue, plain].map((item) => ({ item, quantity: 1 })))
    await play.collect()
    return { play, keys, plain }
  }

  test('lines of a product in one delivery are confirmed by one call, and each is told', async () => {
    const { play, keys } = await bundle()
    play.sent.length = 0
    const results = await play.adapter.acknowledge(keys.map((key) => keyOf(play, key)))
    expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done'])
    expect(play.paths().map((path) => path.split('/')[1])).toEqual(['reqpackaging', 'reqpackaging'])
    expect(play.market.doors.truth().lines.every(({ acknowledged }) => acknowledged)).toBe(true)
  })

  test('a delivery goes by one call, and each of its lines is told', async () => {
    const { play, keys } = await bundle()
    await play.adapter.acknowledge(keys.map((key) => keyOf(play, key)))
    play.sent.length = 0
    const results = await play.adapter.ship(keys.map((key) => play.parcel(key, '012345678901')))
    expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done'])
    expect(play.sent).toHaveLength(1)
    const bundles = keys.map((key) => play.adapter.bundleOf!(keyOf(play, key)))
    expect(new Set(bundles).size).toBe(1)
  })

  test('of a delivery of two orders, line by line takes only the lines that were named', async () => {
    const { play, keys, plain } = await bundle({ bundleMs: HOUR }, { shipForm: 'lines' })
    const [other] = play.buy(one(plain))
    play.now += 10 * SECOND
    await play.collect()
    const all = [...keys, other!]
    await play.adapter.acknowledge(all.map((key) => keyOf(play, key)))
    await play.collect()
    const results = await play.adapter.ship(keys.map((key) => play.parcel(key, '012345678901')))
    expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done'])
    expect(play.market.doors.truth().lines.map(({ invoice }) => invoice)).toEqual([
      ...keys.map(() => '012345678901'),
      '',
    ])
  })

  test('the system broke down after the work: asking shows that it was done; before it, nobody knows', async () => {
    for (const [fault, outcome] of [
      ['systemErrorAfterCommit', 'done'],
      ['systemError', 'unknown'],
    ] as const) {
      const { play, keys } = await bundle()
      const [key] = keys
      play.market.switches[fault] = 1
      expect((await play.adapter.acknowledge([keyOf(play, key!)]))[0]?.outcome).toBe(outcome)
      play.market.switches[fault] = 0
      await play.adapter.acknowledge(keys.map((each) => keyOf(play, each)))
      play.market.switches[fault] = 1
      const results = await play.adapter.ship(keys.map((each) => play.parcel(each, '012345678901')))
      expect(new Set(results.map((result) => result.outcome))).toEqual(new Set([outcome]))
    }
  })

  test('nothing that can be shipped (-3313) is a failure, whatever the invoice', async () => {
    const { play, keys } = await bundle()
    for (const key of keys) play.market.doors.cancel(key, null, play.now)
    const results = await play.adapter.ship([play.parcel(keys[0]!, '012345678901')])
    expect(results).toMatchObject([{ outcome: 'refused', code: '-3313' }])
  })

  test('a GET that acts is sent once, and neither its path nor the key is in the fault', async () => {
    const { play, keys } = await bundle()
    play.sent.length = 0
    play.change = () => ({ kind: 'unknown', reason: 'deadline' })
    const fault = await thrownBy(play.adapter.acknowledge([keyOf(play, keys[0]!)]))
    expect([fault.code, play.sent.length]).toEqual(['unknown', 1])
    const words = JSON.stringify([fault.message, fault.said, fault.stack])
    expect(words).not.toContain(keys[0]!.split(':')[0])
    expect(words).not.toContain(TEST_ELEVENTH_CREDENTIALS.openApiKey)
  })
})

describe('eleventh: stock', () => {
  test('an option saved anew under another number is not found by the old one and read by the new', async () => {
    const play = openPlay({ optionSave: 'numbers_renewed' })
    const { unit, red } = shelf(play)
    await play.adapter.setStock(unit, [{ item: red, quantity: 5 }])
    const row = (name: string) =>
      `<ProductOption><colValue0>${name}</colValue0><colCount>7</colCount><colSellerStockCd>BRK-${name}</colSellerStockCd></ProductOption>`
    play.market.handle(
      {
        method: 'POST',
        path: `/rest/prodservices/updateProductOption/${unit}`,
        query: '',
        headers: new Map([['openapikey', TEST_ELEVENTH_CREDENTIALS.openApiKey]]),
        body: new TextEncoder().encode(`<Product>${row('RD')}${row('BL')}</Product>`),
      },
      play.now,
      () => 0.5,
    )
    expect(await faultOf(play.adapter.setStock(unit, [{ item: red, quantity: 6 }]))).toBe('not_found')
    const { items } = await play.adapter.readStock(unit)
    expect(items.map(({ quantity, sellerCode }) => [quantity, sellerCode])).toEqual([
      [7, 'BRK-RD'],
      [7, 'BRK-BL'],
    ])
    await play.adapter.setStock(unit, [{ item: items[0]!.item, quantity: 6 }])
    expect(play.market.doors.truth().items.find(({ item }) => item === items[0]!.item)?.stock).toBe(6)
  })

  test('when a later option of one write fails, the write as a whole may have been applied', async () => {
    const play = openPlay()
    const { unit, red, blue } = shelf(play)
    let writes = 0
    play.change = (request, outcome) => {
      if (request.method === 'PUT' && ++writes === 2) return { kind: 'not_sent', reason: 'ECONNREFUSED' }
      return outcome
    }
    const items = [red, blue].map((item) => ({ item, quantity: 3 }))
    const { code } = await thrownBy(play.adapter.setStock(unit, items))
    expect(CHANNEL_FAULTS[code].applied).toBe('maybe')
  })

  test('a reading asks whether the product is displayed once a minute, and at once after a change', async () => {
    const play = openPlay()
    const { unit } = shelf(play)
    const calls = async () => {
      play.sent.length = 0
      await play.adapter.readStock(unit)
      return play.sent.length
    }
    expect([await calls(), await calls()]).toEqual([2, 1])
    await play.adapter.setOnSale(unit, false)
    expect([await calls(), await calls()]).toEqual([2, 2])
    await play.adapter.setOnSale(unit, true)
    expect([await calls(), await calls()]).toEqual([2, 1])
    play.now += MINUTE
    expect(await calls()).toBe(2)
  })

  test('where a seller does not want sales stopped, the channel cannot, and readings are one call', async () => {
    const play = openPlay({}, { saleStop: false })
    const { unit } = shelf(play)
    expect(play.adapter.capabilities.saleStop).toBeNull()
    expect(await faultOf(play.adapter.setOnSale(unit, false))).toBe('refused')
    await play.adapter.readStock(unit)
    expect(play.sent).toHaveLength(1)
  })
})
