import { resolve } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import measured from '../../web/channels/frontier.json' with { type: 'json' }
import { axe } from './axe.ts'
import { openChromium } from './chromium.ts'
import { COUPANG, NAVER } from './fixture-board.ts'
import { CAFE24, ELEVENTH, RIGHT, SEEN } from './fixture-channels.ts'
import { type Fixture, startFixture } from './fixture-server.ts'

/** Longest any part of the page may keep a test waiting. */
const WAIT_MS = 8_000

describe('the channels on the board, in a real browser', () => {
  let browser: Browser
  let fixture: Fixture
  let context: BrowserContext
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    browser = await openChromium()
  })
  afterAll(async () => browser?.close())

  beforeEach(async () => {
    fixture = await startFixture(resolve('web/dist'))
    complaints = []
  })
  afterEach(async () => {
    await context?.close()
    await fixture.close()
  })

  async function open(search = '?screen=channels', options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'ko-KR', ...options })
    page = await context.newPage()
    page.setDefaultTimeout(WAIT_MS)
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.goto(`${fixture.url}/${search}`)
    await page.getByTestId('live').and(page.locator('.live-live')).waitFor()
    if (fixture.channels.channels.length > 0 && search.includes('channels')) await card(NAVER).waitFor()
  }

  const card = (id: string) => page.locator(`[data-channel="${id}"]`)
  const side = () => page.getByRole('dialog')
  const undo = () => page.locator('.undo-bar').getByRole('button', { name: '되돌리기' })
  const changed = (id: string) =>
    fixture.channels.changes.filter(({ path }) => path === `PATCH /v1/connections/${id}`).map(({ body }) => body)
  /** The connections of the board say that something happened; what, the channels are asked for. */
  const happens = () => fixture.send('connection', { ...fixture.board.connections[0]!, queue: Date.now() % 1_000 })

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
    expect(complaints).toEqual([])
  })

  test('it is reached from the board, which says how many alarms wait, and Back leads to the board', async () => {
    await open('')
    const link = page.getByRole('navigation').getByRole('link', { name: /채널/ })
    // The count comes with the board's numbers, after the page.
    await expect.poll(() => link.textContent()).toContain('확인하지 않은 경보 2건')
    await link.click()
    await card(NAVER).waitFor()
    expect(await link.getAttribute('aria-current')).toBe('page')
    await page.goBack()
    await page.locator('[data-sku]').first().waitFor()
    await page.goForward()
    await card(NAVER).waitFor()
    expect(complaints).toEqual([])
  })

  test('what happens on a channel is shown when the stream tells of it, without a click', async () => {
    await open()
    const [first, ...others] = fixture.channels.channels
    const said = '<b>점검 중</b>'
    const fault = { code: 'blocked', why: null, said, at: new Date().toISOString() }
    fixture.channels.channels = [{ ...first!, state: 'parked', failures: 1, fault }, ...others]
    happens()
    await card(NAVER).getByText('마켓이 막았습니다.').waitFor()
    await card(NAVER).getByText(said).waitFor()
  })

  test('pausing is done at once and taken back from the bar; resuming as well', async () => {
    await open()
    await card(NAVER).getByRole('button', { name: '멈추기' }).click()
    await card(NAVER).getByText('사람이 멈췄습니다.').waitFor()
    await undo().click()
    await card(NAVER).getByText('막힌 것이 없습니다').waitFor()
    await page.getByText('되돌렸습니다.').waitFor()
    expect(changed(NAVER)).toEqual([{ paused: true }, { paused: false }])
  })

  test('a change the server refuses says so beside the button, and nothing is said to be done', async () => {
    await open()
    fixture.channels.refuseOnce(`/v1/connections/${NAVER}`, {
      ...{ type: 'x', title: '바꿀 수 없습니다', status: 409, detail: '시험용 거절입니다.', retryable: false },
      requestId: 'req-7',
    })
    await card(NAVER).getByRole('button', { name: '멈추기' }).click()
    await card(NAVER).getByRole('alert').getByText('req-7').waitFor()
    expect(await page.locator('.undo-bar').count()).toBe(0)
    expect(changed(NAVER)).toEqual([])
  })

  test('nobody switches from observing to pushing before the drift report and the values were there to be seen', async () => {
    await open()
    await card(CAFE24).getByRole('button', { name: '반영 시작' }).click()
    const start = side().getByRole('button', { name: '반영 시작' })
    await side().getByText('상품 228개 가운데 12개의 수가 바뀝니다.').waitFor()
    const row = side().getByTestId('preview').getByRole('row').nth(1)
    expect((await row.innerText()).split('\t').slice(1)).toEqual(['14', '0'])
    await side().getByText('보고만 함').waitFor()
    expect(await start.isDisabled()).toBe(true)
    await side().getByLabel('어긋남 보고와 위의 값을 보았습니다').check()
    await start.click()
    await side().waitFor({ state: 'hidden' })
    await card(CAFE24).locator('.tag-push').waitFor()
    await undo().click()
    await card(CAFE24).locator('.tag-observe').waitFor()
    expect(changed(CAFE24)).toEqual([{ mode: 'push', seen: SEEN }, { mode: 'observe' }])
  })

  test('who has looked too long ago looks again: nothing was sent, and the tick is to be set anew', async () => {
    await open()
    await card(CAFE24).getByRole('button', { name: '반영 시작' }).click()
    await side().getByTestId('preview').waitFor()
    await side().getByRole('checkbox').check()
    fixture.channels.refuseOnce(`/v1/connections/${CAFE24}`, {
      ...{ type: '/problems/not-looked', title: 'x', status: 409, detail: 'x', retryable: false, requestId: 'r' },
    })
    await side().getByRole('button', { name: '반영 시작' }).click()
    await side().getByText('본 지 10분이 넘었거나').waitFor()
    await side().getByRole('button', { name: '다시 보기' }).click()
    await side().getByText('본 지 10분이 넘었거나').waitFor({ state: 'detached' })
    await expect.poll(() => side().getByRole('checkbox').isEnabled()).toBe(true)
    expect(await side().getByRole('checkbox').isChecked()).toBe(false)
    await side().getByRole('checkbox').check()
    await side().getByRole('button', { name: '반영 시작' }).click()
    await card(CAFE24).locator('.tag-push').waitFor()
  })

  test('to push again after only observing, what would be sent is looked at again: there is no short way back', async () => {
    await open()
    await card(NAVER).getByRole('button', { name: '지켜보기로' }).click()
    await page.getByText('다시 보내려면 반영 시작에서').waitFor()
    expect(await undo().count()).toBe(0)
    await card(NAVER).getByRole('button', { name: '반영 시작' }).waitFor()
    expect(changed(NAVER)).toEqual([{ mode: 'observe' }])
  })

  test('without the values there is nothing to agree to: the switch stays shut, and can be tried again', async () => {
    await open()
    fixture.channels.refuseOnce(`/v1/connections/${CAFE24}/preview`, {
      ...{
        type: 'x',
        title: '읽을 수 없습니다',
        status: 500,
        detail: '시험용입니다.',
        retryable: false,
        requestId: 'r',
      },
    })
    await card(CAFE24).getByRole('button', { name: '반영 시작' }).click()
    await side().getByText('읽을 수 없습니다').waitFor()
    expect(await side().getByRole('checkbox').isDisabled()).toBe(true)
    await side().getByRole('button', { name: '다시 시도' }).click()
    await side().getByTestId('preview').waitFor()
    expect(await side().getByRole('checkbox').isEnabled()).toBe(true)
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

  test('signing in again asks for what its marketplace wants, says what was wrong, and goes on once it is right', async () => {
    await open()
    expect(await card(NAVER).getByRole('button', { name: '다시 로그인' }).count()).toBe(0)
    await card(ELEVENTH).getByRole('button', { name: '다시 로그인' }).click()
    const key = side().getByLabel('Open API Key')
    const save = side().getByRole('button', { name: '저장하고 로그인' })
    // Not to be seen, and not for the browser to keep or to fill in.
    expect([await key.getAttribute('type'), await key.getAttribute('autocomplete')]).toEqual([
      'password',
      'new-password',
    ])
    expect(await key.inputValue()).toBe('')
    expect(await save.isDisabled()).toBe(true)
    await key.fill('wrong-key')
    await save.click()
    const alert = side().getByRole('alert')
    await alert.getByText('이 값으로는 로그인되지 않았습니다.').waitFor()
    await alert.getByText('등록되지 않은 인증키').waitFor()
    await card(ELEVENTH).locator('.tag-parked').waitFor({ state: 'attached' })
    // As it comes from a copied line.
    await key.fill(` ${RIGHT}key\n `)
    await page.keyboard.press('Enter')
    await side().waitFor({ state: 'hidden' })
    await card(ELEVENTH).locator('.tag-live').waitFor()
    await page.getByText('11번가: 로그인했습니다.').waitFor()
    const path = `PUT /v1/connections/${ELEVENTH}/credentials`
    expect(fixture.channels.changes).toEqual([
      { path, body: { credentials: { openApiKey: 'wrong-key' }, keep: true } },
      { path, body: { credentials: { openApiKey: `${RIGHT}key` }, keep: true } },
    ])
    expect(complaints).toEqual([])
  })

  test('of a healthy connection, only what changes is typed; what has never been there must be', async () => {
    await open()
    await card(CAFE24).getByRole('button', { name: '로그인 정보' }).click()
    const save = side().getByRole('button', { name: '저장하고 로그인' })
    await side().getByLabel('Client Secret').fill(`${RIGHT}secret`)
    expect(await save.isDisabled()).toBe(true)
    await side().getByLabel('Refresh Token').fill(`${RIGHT}token`)
    await save.click()
    await side().waitFor({ state: 'hidden' })
    const credentials = { clientSecret: `${RIGHT}secret`, refreshToken: `${RIGHT}token` }
    expect(fixture.channels.changes.map(({ body }) => body)).toEqual([{ credentials, keep: true }])
  })

  test('what the server says of credentials it does not take is shown, and nothing is said to be tried', async () => {
    await open()
    await card(ELEVENTH).getByRole('button', { name: '다시 로그인' }).click()
    await side().getByLabel('Open API Key').fill('x')
    fixture.channels.refuseOnce(`/v1/connections/${ELEVENTH}/credentials`, {
      ...{ type: 'x', title: '받을 수 없습니다', status: 400, detail: '시험용입니다.', retryable: false },
      requestId: 'req-9',
    })
    await side().getByRole('button', { name: '저장하고 로그인' }).click()
    await side().getByText('req-9').waitFor()
    await card(ELEVENTH).locator('.tag-parked').waitFor({ state: 'attached' })
  })

  test('a policy is chosen with its number, or its risk, and can be taken back', async () => {
    await open()
    await card(NAVER).getByRole('button', { name: '정책 바꾸기' }).click()
    const save = side().getByRole('button', { name: '저장' })
    expect(await save.isDisabled()).toBe(true)
    await side().getByRole('radio', { name: /^버퍼/ }).check()
    expect(await save.isDisabled()).toBe(true)
    await side().getByRole('radio', { name: '남겨 둘 개수' }).check()
    await side().getByRole('spinbutton').fill('2')
    await side().getByText('이 곡선 위의 정책이 아닙니다').waitFor()
    await save.click()
    await card(NAVER).getByText('버퍼 · 어긋나면 다시 보냄').waitFor()
    await undo().click()
    await card(NAVER).getByText('마지막 몇 개 함께 (위험 1%)').waitFor()

    await card(COUPANG).getByRole('button', { name: '정책 바꾸기' }).click()
    await side()
      .getByRole('radio', { name: /^함께 보이기/ })
      .check()
    await side().getByRole('combobox').selectOption('0.05')
    await side().getByText('쿠팡, 고른 값 · ε 5%').waitFor()
    await side().getByRole('button', { name: '저장' }).click()
    await card(COUPANG).getByText('마지막 몇 개 함께 (위험 5%)').waitFor()
    const pooled = { tail: 'pooled', tailRisk: 0.01 }
    expect(changed(NAVER)).toEqual([
      { policy: 'buffered', policySettings: { units: 2 } },
      { policy: 'rights', policySettings: pooled },
    ])
    expect(changed(COUPANG)).toEqual([{ policy: 'rights', policySettings: { ...pooled, tailRisk: 0.05 } }])
  })

  test('where a sale can be stopped, numbers may be changed that way, with what it costs; and back again', async () => {
    await open()
    await card(ELEVENTH).getByRole('button', { name: '정책 바꾸기' }).click()
    await side().getByRole('radio', { name: /^권리/ }).check()
    // Its marketplace cannot stop a sale.
    expect(
      await side()
        .getByRole('radio', { name: /^멈추고 읽고/ })
        .count(),
    ).toBe(0)
    await page.keyboard.press('Escape')
    await side().waitFor({ state: 'hidden' })

    await card(NAVER).getByRole('button', { name: '정책 바꾸기' }).click()
    const save = side().getByRole('button', { name: '저장' })
    await side()
      .getByRole('radio', { name: /^멈추고 읽고/ })
      .check()
    for (const cost of ['호출 10번', '판매가 2초쯤 멈춥니다', '언제나 한 곳에만'])
      await side().getByText(cost).waitFor()
    expect(await side().getByText('마지막 몇 개', { exact: true }).count()).toBe(0)
    await save.click()
    await card(NAVER).getByText('멈추고 읽고 바꾼 뒤 다시 팔기').waitFor()
    await card(NAVER).getByRole('button', { name: '정책 바꾸기' }).click()
    await side()
      .getByRole('radio', { name: /^바로 바꾸기/ })
      .check()
    await save.click()
    await card(NAVER).getByText('마지막 몇 개 함께 (위험 1%)').waitFor()
    const pooled = { tail: 'pooled', tailRisk: 0.01 }
    expect(changed(NAVER)).toEqual([
      { policy: 'rights', policySettings: { protocol: 'B', ...pooled } },
      { policy: 'rights', policySettings: pooled },
    ])
  })

  test('alarms say in plain words what was not so and the units exposed; who has seen one can take that back', async () => {
    await open()
    const alarms = page.locator('[data-alarm]')
    await page.locator('[data-alarm="rights_above_stock"]').getByText('노출 3개').waitFor()
    expect(await alarms.count()).toBe(2)
    await page.getByText('채널들이 가용보다 3개 더 팔 수 있었습니다.').waitFor()
    await page.getByText('4 초 안에 온다고 믿었는데, 그보다 5.2 초 더 늦게 1개가 팔렸다고 알려 왔습니다.').waitFor()
    await page.getByRole('button', { name: '주문이 믿던 것보다 늦게 왔습니다 확인' }).click()
    await page.locator('[data-alarm="late_order"]').waitFor({ state: 'detached' })
    await undo().click()
    await page.locator('[data-alarm="late_order"]').waitFor()
    await page.getByRole('button', { name: '보이는 2건 모두 확인' }).click()
    await page.getByText('안 본 경보가 없습니다').waitFor()
    await page.getByText('모두', { exact: true }).click()
    await page.locator('[data-alarm="clock_skew"]').getByText('우리 시계보다 3.4 초 앞선 주문').waitFor()
    await page.getByText('그때의 기록: 5 units that no order explains').waitFor()
    expect(await page.getByText('김운영 확인').count()).toBe(4)
    await page.locator('[data-alarm="rights_above_stock"]').getByRole('button', { name: /왜/ }).click()
    await side().getByText('BRK-1234-AVT').first().waitFor()
  })

  test('claims about to lapse are counted on their channel and listed with the time that is left', async () => {
    await open()
    await card(COUPANG).getByRole('link', { name: '곧 자동 처리될 클레임 2건' }).click()
    const lapsing = page.locator('#lapsing')
    expect(await lapsing.locator('li').first().innerText()).toMatch(/2[45]분 뒤/)
    expect(await lapsing.locator('li').last().innerText()).toContain('5시간 뒤')
    expect(await lapsing.innerText()).toContain('취소 · 자동 승인 · 단순 변심')
  })

  test('the curve says what zero costs, from what the bench measured, and marks what is chosen', async () => {
    await open()
    const panel = page.locator('.frontier')
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
    const { id, sku } = fixture.board.variants[4]!
    const panel = page.locator('.strict')
    await panel.getByRole('combobox').fill('NOBODYS-1')
    await panel.getByRole('button', { name: '더하기' }).click()
    await panel.getByText('NOBODYS-1: 그런 SKU가 없습니다.').waitFor()
    await panel.getByRole('combobox').fill(sku.toLowerCase())
    await page.keyboard.press('Enter')
    await panel.getByRole('button', { name: `${sku} 빼기` }).click()
    await panel.getByText('고른 상품이 없습니다').waitFor()
    const path = `PUT /v1/variants/${id}/last-units`
    expect(fixture.channels.changes).toEqual([
      { path, body: { strict: true } },
      { path, body: { strict: false } },
    ])
  })

  test('with nothing connected and nothing wrong, every part says so and what would be there', async () => {
    fixture.channels.channels = []
    fixture.channels.alarms = []
    fixture.channels.claims = []
    await open()
    for (const words of [
      '연결된 채널이 없습니다',
      '안 본 경보가 없습니다',
      '24시간 안에 자동 처리될 클레임이 없습니다',
    ]) {
      await page.getByText(words).waitFor()
    }
    expect(complaints).toEqual([])
  })

  test('by keyboard alone: from the board to a channel that starts to push', async () => {
    await open('', { reducedMotion: 'reduce' })
    const tabTo = async (what: ReturnType<Page['locator']>) => {
      for (let i = 0; i < 80; i++) {
        if (await what.evaluate((element) => element === document.activeElement)) return
        await page.keyboard.press('Tab')
      }
      throw new Error('not reached by Tab')
    }
    await tabTo(page.getByRole('link', { name: /^채널/ }))
    await page.keyboard.press('Enter')
    const opener = card(CAFE24).getByRole('button', { name: '반영 시작' })
    await opener.waitFor()
    await tabTo(opener)
    await page.keyboard.press('Enter')
    await side().getByTestId('preview').waitFor()
    await tabTo(side().getByRole('checkbox'))
    await page.keyboard.press('Space')
    await tabTo(side().getByRole('button', { name: '반영 시작' }))
    await page.keyboard.press('Enter')
    await card(CAFE24).locator('.tag-push').waitFor()
    expect(changed(CAFE24)).toEqual([{ mode: 'push', seen: SEEN }])
  })

  for (const language of ['ko', 'en'] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test(`axe finds nothing: ${language}, ${colorScheme}, the channels and what opens from them`, async () => {
        await open(`?screen=channels&lang=${language}`, { colorScheme, reducedMotion: 'reduce' })
        await page.locator('[data-alarm]').first().waitFor()
        await card(NAVER).locator('.standing-actions button').first().click()
        await page.locator('.undo-bar').waitFor()
        expect(await axe(page)).toEqual([])
        for (const [place, ready] of [
          [1, '.findings'],
          [2, '.frontier-chart'],
          [3, '[data-testid=preview]'],
          [4, '.credential'],
        ] as const) {
          await card(CAFE24).locator('.standing-actions button').nth(place).click()
          await side().locator(ready).first().waitFor()
          expect(await axe(page)).toEqual([])
          await page.keyboard.press('Escape')
          await side().waitFor({ state: 'hidden' })
        }
      })
    }
    for (const width of [390, 1024, 1280]) {
      test(`at ${width} wide, in ${language}, nothing is lost: no sideways scroll, every button large enough`, async () => {
        await open(`?screen=channels&lang=${language}`, { viewport: { width, height: 800 }, reducedMotion: 'reduce' })
        await page.locator('[data-alarm]').first().waitFor()
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
    page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      small: [...document.querySelectorAll('button, a[href]:not(.skip-link), input[type=checkbox]')]
        .map((element) => ({ text: element.textContent, ...element.getBoundingClientRect().toJSON() }))
        .filter(({ width, height }) => width < 24 || height < 24),
    }))
})
