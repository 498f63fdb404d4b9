import { describe, expect, test } from 'vitest'
import { openChannelsPages } from './channels-page.ts'
import { COUPANG, NAVER } from './fixture-board.ts'
import { CAFE24, ELEVENTH, RIGHT, SEEN } from './fixture-channels.ts'

describe('what a person decides of a channel, in a real browser', () => {
  const on = openChannelsPages()
  const { open, card, side, undo, changed } = on

  test('pausing is done at once and taken back from the bar; resuming as well', async () => {
    await open()
    await card(NAVER).getByRole('button', { name: '멈추기' }).click()
    await card(NAVER).getByText('사람이 멈췄습니다.').waitFor()
    await undo().click()
    await card(NAVER).getByText('막힌 것이 없습니다').waitFor()
    await on.page.getByText('되돌렸습니다.').waitFor()
    expect(changed(NAVER)).toEqual([{ paused: true }, { paused: false }])
  })

  test('a change the server refuses says so beside the button, and nothing is said to be done', async () => {
    await open()
    on.fixture.channels.refuseOnce(`/v1/connections/${NAVER}`, {
      ...{ type: 'x', title: '바꿀 수 없습니다', status: 409, detail: '시험용 거절입니다.', retryable: false },
      requestId: 'req-7',
    })
    await card(NAVER).getByRole('button', { name: '멈추기' }).click()
    await card(NAVER).getByRole('alert').getByText('req-7').waitFor()
    expect(await on.page.locator('.undo-bar').count()).toBe(0)
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
    on.fixture.channels.refuseOnce(`/v1/connections/${CAFE24}`, {
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
    await on.page.getByText('다시 보내려면 반영 시작에서').waitFor()
    expect(await undo().count()).toBe(0)
    await card(NAVER).getByRole('button', { name: '반영 시작' }).waitFor()
    expect(changed(NAVER)).toEqual([{ mode: 'observe' }])
  })

  test('without the values there is nothing to agree to: the switch stays shut, and can be tried again', async () => {
    await open()
    on.fixture.channels.refuseOnce(`/v1/connections/${CAFE24}/preview`, {
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
    await on.page.keyboard.press('Enter')
    await side().waitFor({ state: 'hidden' })
    await card(ELEVENTH).locator('.tag-live').waitFor()
    await on.page.getByText('11번가: 로그인했습니다.').waitFor()
    const path = `PUT /v1/connections/${ELEVENTH}/credentials`
    expect(on.fixture.channels.changes).toEqual([
      { path, body: { credentials: { openApiKey: 'wrong-key' }, keep: true } },
      { path, body: { credentials: { openApiKey: `${RIGHT}key` }, keep: true } },
    ])
    expect(on.complaints).toEqual([])
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
    expect(on.fixture.channels.changes.map(({ body }) => body)).toEqual([{ credentials, keep: true }])
  })

  test('what the server says of credentials it does not take is shown, and nothing is said to be tried', async () => {
    await open()
    await card(ELEVENTH).getByRole('button', { name: '다시 로그인' }).click()
    await side().getByLabel('Open API Key').fill('x')
    on.fixture.channels.refuseOnce(`/v1/connections/${ELEVENTH}/credentials`, {
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
    await on.page.keyboard.press('Escape')
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
})
