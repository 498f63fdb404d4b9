import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, inject } from 'vitest'
import { openChromium } from './chromium.ts'
import { NAVER } from './fixture-board.ts'
import { type Fixture, startFixture } from './fixture-server.ts'

/** Longest any part of the page may keep a test waiting. */
const WAIT_MS = 8_000

/** The channels' screen in a browser, over a made-up seller of its own for each test. To be called where tests are described. */
export function openChannelsPages() {
  let browser: Browser
  let context: BrowserContext | undefined
  const on = {
    /** Of the test that runs. */
    page: undefined as unknown as Page,
    fixture: undefined as unknown as Fixture,
    /** What the browser's console said of errors and warnings. */
    complaints: [] as string[],
    open,
    card: (id: string) => on.page.locator(`[data-channel="${id}"]`),
    side: () => on.page.getByRole('dialog'),
    undo: () => on.page.locator('.undo-bar').getByRole('button', { name: '되돌리기' }),
    /** What a connection was asked to change to, in order. */
    changed: (id: string) =>
      on.fixture.channels.changes.filter(({ path }) => path === `PATCH /v1/connections/${id}`).map(({ body }) => body),
  }

  beforeAll(async () => {
    browser = await openChromium()
  })
  afterAll(async () => browser?.close())
  beforeEach(async () => {
    on.fixture = await startFixture(inject('pages'))
    on.complaints = []
  })
  afterEach(async () => {
    await context?.close()
    await on.fixture.close()
  })

  async function open(search = '?screen=channels', options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'ko-KR', ...options })
    const page = await context.newPage()
    on.page = page
    page.setDefaultTimeout(WAIT_MS)
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') on.complaints.push(message.text())
    })
    page.on('pageerror', (error) => on.complaints.push(String(error)))
    await page.goto(`${on.fixture.url}/${search}`)
    await page.getByTestId('live').and(page.locator('.live-live')).waitFor()
    if (on.fixture.channels.channels.length > 0 && search.includes('channels')) await on.card(NAVER).waitFor()
  }

  return on
}
