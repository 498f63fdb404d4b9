import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openChromium } from './chromium.ts'
import { isAlive, postmasterOf, startWhole, type WholeJaego } from './whole-jaego.ts'

/** Longest anything on the page may keep the story waiting; a dead worker's claims run out well inside it. */
const WAIT_MS = 15_000

describe('npm start, seen in a browser', { timeout: 60_000 }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'jaego-live-'))
  let browser: Browser
  let jaego: WholeJaego
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    browser = await openChromium()
    jaego = await startWhole(dataDir)
    page = await openBoard()
  })
  afterAll(async () => {
    await browser?.close()
    await jaego?.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  async function openBoard(): Promise<Page> {
    const opened = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'ko-KR' })
    opened.setDefaultTimeout(WAIT_MS)
    opened.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    opened.on('pageerror', (error) => complaints.push(String(error)))
    await opened.goto(jaego.board)
    await opened.locator('[data-sku]').first().waitFor()
    await opened.locator('.live-live').waitFor()
    return opened
  }

  const total = (key: string) => page.locator(`[data-total="${key}"] .promise-number`)

  /** Numbers of the orders in the list that a marketplace told us of; only a living worker brings them. */
  const channelOrders = async (): Promise<string[]> => {
    const orders = await page.locator('.orders li').allInnerTexts()
    return orders.filter((text) => /스마트스토어|쿠팡/.test(text)).map((text) => /ORD-[\d-]+/.exec(text)![0])
  }

  async function untilNewChannelOrder(): Promise<void> {
    const known = new Set(await channelOrders())
    await expect
      .poll(async () => (await channelOrders()).some((number) => !known.has(number)), { timeout: WAIT_MS })
      .toBe(true)
  }

  test('orders of both marketplaces and of the own mall arrive by themselves', async () => {
    for (const channel of ['스마트스토어', '쿠팡', '자사몰']) {
      await page.locator('.orders li').filter({ hasText: channel }).first().waitFor()
    }
    await untilNewChannelOrder()
  })

  test('buying at once sells what there is and nothing twice', async () => {
    const verdict = page.locator('.verdict')
    const buy = async () => {
      const answered = page.waitForResponse((response) => response.url().endsWith('/v1/demo/buy-at-once'))
      await page.locator('.buy button').first().click()
      await (await answered).finished()
      await verdict.waitFor()
      return await verdict.getAttribute('class')
    }
    const first = await buy()
    expect(await page.locator('.attempts li').count()).toBe(2)
    // A shopper may have been quicker than both of us, once.
    expect(first?.endsWith('verdict-none') ? await buy() : first).toMatch(/verdict-(once|kept)$/)
    await untilNewChannelOrder()
    expect(await total('soldTwice').textContent()).toBe('0')
  })

  test('why? answers with the warehouses, the movements and what each channel shows', async () => {
    await page.locator('.orders li button').filter({ hasText: '쿠팡' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('heading', { name: '서울 창고' }).waitFor()
    await dialog.locator('.why-table tr').filter({ hasText: '입고' }).filter({ hasText: '기초 재고' }).first().waitFor()
    await dialog.locator('.why-table tr').filter({ hasText: '예약' }).first().waitFor()
    expect(await dialog.locator('.four').count()).toBeGreaterThanOrEqual(2)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
  })

  test('a killed worker is followed by another: the board stays live and orders go on', async () => {
    await page.getByRole('button', { name: '일꾼 죽이기' }).click()
    await page.locator('.break-done').waitFor()
    await untilNewChannelOrder()
    await untilNewChannelOrder()
    expect(await page.locator('.live-live').count()).toBe(1)
    expect(await total('soldTwice').textContent()).toBe('0')
  })

  test('the language is switched in place while orders arrive', async () => {
    await page.getByText('English').click()
    await page.getByRole('heading', { name: 'Orders', exact: true }).waitFor()
    await page.getByText('한국어').click()
    await page.getByRole('heading', { name: '주문', exact: true }).waitFor()
    await untilNewChannelOrder()
  })

  test('the page and the server complained of nothing', () => {
    expect(complaints).toEqual([])
    expect(jaego.complaints()).toBe('')
  })

  test('killed -9 and started again, it has the orders of before and goes on', async () => {
    await page.close()
    const { apiKey } = jaego
    const orderSomething = async () => {
      const answer = await fetch(new URL('/v1/orders', jaego.board), {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ externalId: 'before-the-crash', lines: [{ sku: 'OIL-1000-1-V1', quantity: 1 }] }),
      })
      return { status: answer.status, number: ((await answer.json()) as { number?: string }).number }
    }
    const taken = await orderSomething()
    expect(taken).toEqual({ status: 201, number: expect.stringMatching(/^ORD-/) })
    await jaego.kill()

    jaego = await startWhole(dataDir)
    expect(await orderSomething()).toEqual({ status: 200, number: taken.number })
    page = await openBoard()
    await untilNewChannelOrder()
    expect(await total('soldTwice').textContent()).toBe('0')
  })

  test('SIGTERM ends everything: exit code 0, no PostgreSQL left on the folder', async () => {
    const postmaster = postmasterOf(dataDir)!
    onTestFinished(() => page.close())
    expect(isAlive(postmaster)).toBe(true)
    const begun = performance.now()
    expect(await jaego.stop()).toBe(0)
    // A child that does not end by itself is killed after eight seconds: none needed it.
    expect(performance.now() - begun).toBeLessThan(6_000)
    expect(postmasterOf(dataDir)).toBe(null)
    expect(isAlive(postmaster)).toBe(false)
  })
})
