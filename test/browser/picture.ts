import { resolve } from 'node:path'
import { buildPages } from '../../server/http/pages.ts'
import { openChromium } from './chromium.ts'
import { play } from './fixture-play.ts'
import { startFixture } from './fixture-server.ts'

/** `node test/browser/picture.ts` draws docs/board.png for the README, from the page and the made-up seller. */

const PLAY_MS = 9_000

const fixture = await startFixture(await buildPages())
const browser = await openChromium()
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'light', locale: 'ko-KR' })
await page.goto(`${fixture.url}/?lang=ko`)
await page.locator('[data-sku]').first().waitFor()
const stop = play(fixture)
await page.locator('.buy button').first().click()
await page.waitForTimeout(PLAY_MS)
stop()
// The last change has been lit for its 600 ms.
await page.waitForTimeout(1_000)
await page.mouse.move(0, 0)
await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
await page.screenshot({ path: resolve('docs/board.png') })
await browser.close()
await fixture.close()
