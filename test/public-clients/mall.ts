import { type Cafe24, createCafe24, TEST_CAFE24_CREDENTIALS } from '../../simulators/cafe24/index.ts'
import { type Pretend, pretendToBe } from './pretend.ts'

export const { mallId, clientId, clientSecret } = TEST_CAFE24_CREDENTIALS
/** Good for one refresh, as any. */
export const FIRST_REFRESH_TOKEN = TEST_CAFE24_CREDENTIALS.refreshToken!

export type Mall = Pretend & { cafe24: Cafe24; unit: number; variant: string }

export async function openMall(): Promise<Mall> {
  const cafe24 = createCafe24()
  const pretend = await pretendToBe(`${mallId}.cafe24api.com`, cafe24)
  const [first] = pretend.items
  return { ...pretend, cafe24, unit: Number(first.unit), variant: first.item }
}

/** Yesterday and today in Korea: a window every order of a test lies in, also about midnight. */
export function aroundToday(): { from: string; to: string } {
  const day = (at: number) => new Date(at + 9 * 3_600_000).toISOString().slice(0, 10)
  return { from: day(Date.now() - 86_400_000), to: day(Date.now()) }
}
