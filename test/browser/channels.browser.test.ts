import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import measured from '../../web/channels/frontier.json' with { type: 'json' }
import { axe } from './axe.ts'
import { openChannelsPages } from './channels-page.ts'
import { COUPANG, NAVER } from './fixture-board.ts'
import { CAFE24, ELEVENTH, SEEN } from './fixture-channels.ts'

describe('the channels on the board, in a real browser', () => {
  const on = openChannelsPages()
  const { open, card, side, undo, changed } = on
  /** The connections of the board say that something happened; what, the channels are asked for. */
  const happens = () =>
    on.fixture.send('connection', { ...on.fixture.board.connections[0]!, queue: Date.now() % 1_000 })

  test('each connection says how it is, what holds it back and what to do, in plain Korean', async () => {
    await open()
    const coupang = await card(COUPANG).innerText()
    for (const words of [
      '닿지 않음',
      '마켓에 닿지 않습니다.',
      '할 일 없음',
      '연속 4번 실패했습니다.',
      'ECONNREFUSED',
    ]) {
      expect(coupang).toContain(words)
    }
    for (const words of [
      '호출 한도 all',
      '상품 2개를 보류했습니다. 마켓이 이 요청을 받지 않습니다. 판매자센터에서 그 상품을 고쳐 주세요.',
      '묻는 중인 쓰기 2개',
      '0으로 3',
      '크게 내림 5',
      '4 / 5',
    ]) {
      expect(coupang.replaceAll(/\s+/g, ' ')).toContain(words)
    }
    const naver = (await card(NAVER).innerText()).replaceAll(/\s+/g, ' ')
    for (const words of [
      '막힌 것이 없습니다',
      'p50 138 ms p99 590 ms',
      '1,204번 잼',
      '2.4 초',
      '같음 · 주문 311건',
      '한도 2가지 더',
    ]) {
      expect(naver).toContain(words)
    }
    expect(naver).toContain('마지막 몇 개 함께 (위험 1%)')
    expect(await card(ELEVENTH).innerText()).toContain('판매자센터에서 키를 확인하고 새로 넣어 주세요.')
    // What we found out is in our words, and only the marketplace's own are quoted.
    expect(await card(ELEVENTH).innerText()).toContain('방금 새로 받은 토큰도 거절되었습니다.')
    expect(await card(ELEVENTH).locator('q').innerText()).toContain('인증키가 유효하지 않습니다')
    await card(ELEVENTH).getByText('마켓의 말').waitFor()
    await card(COUPANG).getByText('남은 기록').waitFor()
    expect(await card(CAFE24).innerText()).toContain('누군가 고친 그대로 둔 상품이 1개')
    expect(on.complaints).toEqual([])
  })

  test('it is reached from the board, which says how many alarms wait, and Back leads to the board', async () => {
    await open('')
    const link = on.page.getByRole('navigation').getByRole('link', { name: /채널/ })
    // The count comes with the board's numbers, after the on.page.
    await expect.poll(() => link.textContent()).toContain('확인하지 않은 경보 2건')
    await link.click()
    await card(NAVER).waitFor()
    expect(await link.getAttribute('aria-current')).toBe('page')
    await on.page.goBack()
    await on.page.locator('[data-sku]').first().waitFor()
    await on.page.goForward()
    await card(NAVER).waitFor()
    expect(on.complaints).toEqual([])
  })

  test('what happens on a channel is shown when the stream tells of it, without a click', async () => {
    await open()
    const [first, ...others] = on.fixture.channels.channels
    const said = '<b>점검 중</b>'
    const fault = { code: 'blocked', why: null, said, at: new Date().toISOString() }
    on.fixture.channels.channels = [{ ...first!, state: 'parked', failures: 1, fault }, ...others]
    happens()
    await card(NAVER).getByText('마켓이 막았습니다.').waitFor()
    await card(NAVER).getByText(said).waitFor()
  })

  test('the drift report tells what we believed, what it showed and what was done, and what is done from now on', async () => {
    await open()
    await card(CAFE24)
      .getByRole('button', { name: /어긋남 보고/ })
      .click()
    const row = side().locator('.drift-table tbody tr').first()
    expect((await row.innerText()).replaceAll(/\s+/g, ' ')).toMatch(/BRR-1240-SNT 누군가 고침 7 → 12 \+5 보고만 함/)
    await side().getByText('취소 다름: 우리 0, 마켓 1').waitFor()
    await row.getByRole('button', { name: 'BRR-1240-SNT: 우리 수로 되돌리기' }).click()
    await row.getByText('보내는 중').waitFor()
    await side().getByText('다시 보냄', { exact: true }).first().click()
    await side().getByText('우리 수를 다시 보내 바로잡습니다.').waitFor()
    expect(changed(CAFE24)).toEqual([{ drift: 'repair' }])
  })

  test('alarms say in plain words what was not so and the units exposed; who has seen one can take that back', async () => {
    await open()
    const alarms = on.page.locator('[data-alarm]')
    await on.page.locator('[data-alarm="rights_above_stock"]').getByText('노출 3개').waitFor()
    expect(await alarms.count()).toBe(2)
    await on.page.getByText('채널들이 가용보다 3개 더 팔 수 있었습니다.').waitFor()
    await on.page.getByText('4 초 안에 온다고 믿었는데, 그보다 5.2 초 더 늦게 1개가 팔렸다고 알려 왔습니다.').waitFor()
    await on.page.getByRole('button', { name: '주문이 믿던 것보다 늦게 왔습니다 확인' }).click()
    await on.page.locator('[data-alarm="late_order"]').waitFor({ state: 'detached' })
    await undo().click()
    await on.page.locator('[data-alarm="late_order"]').waitFor()
    await on.page.getByRole('button', { name: '보이는 2건 모두 확인' }).click()
    await on.page.getByText('안 본 경보가 없습니다').waitFor()
    await on.page.getByText('모두', { exact: true }).click()
    await on.page.locator('[data-alarm="clock_skew"]').getByText('우리 시계보다 3.4 초 앞선 주문').waitFor()
    await on.page.getByText('그때의 기록: 5 units that no order explains').waitFor()
    expect(await on.page.getByText('김운영 확인').count()).toBe(4)
    await on.page.locator('[data-alarm="rights_above_stock"]').getByRole('button', { name: /왜/ }).click()
    await side().getByText('BRK-1234-AVT').first().waitFor()
  })

  test('claims about to lapse are counted on their channel and listed with the time that is left', async () => {
    await open()
    await card(COUPANG).getByRole('link', { name: '곧 자동 처리될 클레임 2건' }).click()
    const lapsing = on.page.locator('#lapsing')
    expect(await lapsing.locator('li').first().innerText()).toMatch(/2[45]분 뒤/)
    expect(await lapsing.locator('li').last().innerText()).toContain('5시간 뒤')
    expect(await lapsing.innerText()).toContain('취소 · 자동 승인 · 단순 변심')
  })

  test('the curve says what zero costs, from what the bench measured, and marks what is chosen', async () => {
    await open()
    const panel = on.page.locator('.frontier')
    const strict = measured.curves.find(({ scenario }) => scenario === 'long tail')!.points[0]!
    const refused = `${Math.round(strict.refusedPercent * 10) / 10}%`
    expect(await panel.innerText()).toContain(`이 장사에서는 사려던 ${refused}`)
    expect(
      await panel
        .locator('[data-choice]')
        .evaluateAll((marks) => marks.map((mark) => mark.getAttribute('data-choice'))),
    ).toEqual(['스마트스토어', '쿠팡, 카페24 본점'])
    await panel.getByText('11번가: 이 곡선 위의 정책이 아닙니다').waitFor()
    expect(await panel.locator('.frontier-point').count()).toBe(measured.curves.at(-1)!.points.length)
    await panel.getByText('천천히 팔리는 상품').click()
    await panel.getByText('반 시간에 한 건').waitFor()
  })

  test('a product is kept in one place whatever its channels risk, and let go again', async () => {
    await open()
    const { id, sku } = on.fixture.board.variants[4]!
    const panel = on.page.locator('.strict')
    await panel.getByRole('combobox').fill('NOBODYS-1')
    await panel.getByRole('button', { name: '더하기' }).click()
    await panel.getByText('NOBODYS-1: 그런 SKU가 없습니다.').waitFor()
    await panel.getByRole('combobox').fill(sku.toLowerCase())
    await on.page.keyboard.press('Enter')
    await panel.getByRole('button', { name: `${sku} 빼기` }).click()
    await panel.getByText('고른 상품이 없습니다').waitFor()
    const path = `PUT /v1/variants/${id}/last-units`
    expect(on.fixture.channels.changes).toEqual([
      { path, body: { strict: true } },
      { path, body: { strict: false } },
    ])
  })

  test('with nothing connected and nothing wrong, every part says so and what would be there', async () => {
    on.fixture.channels.channels = []
    on.fixture.channels.alarms = []
    on.fixture.channels.claims = []
    await open()
    for (const words of [
      '연결된 채널이 없습니다',
      '안 본 경보가 없습니다',
      '24시간 안에 자동 처리될 클레임이 없습니다',
    ]) {
      await on.page.getByText(words).waitFor()
    }
    expect(on.complaints).toEqual([])
  })

  test('by keyboard alone: from the board to a channel that starts to push', async () => {
    await open('', { reducedMotion: 'reduce' })
    const tabTo = async (what: ReturnType<Page['locator']>) => {
      for (let i = 0; i < 80; i++) {
        if (await what.evaluate((element) => element === document.activeElement)) return
        await on.page.keyboard.press('Tab')
      }
      throw new Error('not reached by Tab')
    }
    await tabTo(on.page.getByRole('link', { name: /^채널/ }))
    await on.page.keyboard.press('Enter')
    const opener = card(CAFE24).getByRole('button', { name: '반영 시작' })
    await opener.waitFor()
    await tabTo(opener)
    await on.page.keyboard.press('Enter')
    await side().getByTestId('preview').waitFor()
    await tabTo(side().getByRole('checkbox'))
    await on.page.keyboard.press('Space')
    await tabTo(side().getByRole('button', { name: '반영 시작' }))
    await on.page.keyboard.press('Enter')
    await card(CAFE24).locator('.tag-push').waitFor()
    expect(changed(CAFE24)).toEqual([{ mode: 'push', seen: SEEN }])
  })

  for (const language of ['ko', 'en'] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test(`axe finds nothing: ${language}, ${colorScheme}, the channels and what opens from them`, async () => {
        await open(`?screen=channels&lang=${language}`, { colorScheme, reducedMotion: 'reduce' })
        await on.page.locator('[data-alarm]').first().waitFor()
        await card(NAVER).locator('.standing-actions button').first().click()
        await on.page.locator('.undo-bar').waitFor()
        expect(await axe(on.page)).toEqual([])
        for (const [place, ready] of [
          [1, '.findings'],
          [2, '.frontier-chart'],
          [3, '[data-testid=preview]'],
          [4, '.credential'],
        ] as const) {
          await card(CAFE24).locator('.standing-actions button').nth(place).click()
          await side().locator(ready).first().waitFor()
          expect(await axe(on.page)).toEqual([])
          await on.page.keyboard.press('Escape')
          await side().waitFor({ state: 'hidden' })
        }
      })
    }
    for (const width of [390, 1024, 1280]) {
      test(`at ${width} wide, in ${language}, nothing is lost: no sideways scroll, every button large enough`, async () => {
        await open(`?screen=channels&lang=${language}`, { viewport: { width, height: 800 }, reducedMotion: 'reduce' })
        await on.page.locator('[data-alarm]').first().waitFor()
        expect(await misfits()).toEqual({ wide: width, small: [] })
        await card(CAFE24).locator('.standing-actions button').nth(1).click()
        await side().locator('.findings').waitFor()
        expect(
          await side()
            .locator('.why-body')
            .evaluate((body) => body.scrollWidth - body.clientWidth),
        ).toBe(0)
      })
    }
  }

  const misfits = () =>
    on.page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      small: [...document.querySelectorAll('button, a[href]:not(.skip-link), input[type=checkbox]')]
        .map((element) => ({ text: element.textContent, ...element.getBoundingClientRect().toJSON() }))
        .filter(({ width, height }) => width < 24 || height < 24),
    }))
})
