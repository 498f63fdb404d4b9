/** A small made-up car-parts shop, for whoever starts the simulators by hand. */
import type { SeedProduct } from './marketplace.ts'

const OPTIONS: readonly [name: string, price: number, code: string, options: readonly string[]][] = [
  ['브레이크 패드 프리미엄', 38_000, 'BRK-1001', ['앞바퀴용', '뒷바퀴용']],
  ['에어컨 필터 활성탄', 12_900, 'FLT-2001', ['아반떼', '쏘나타', '그랜저']],
  ['엔진오일 5W-30 합성유', 32_000, 'OIL-3001', ['1L', '4L', '6L']],
  ['LED 안개등 세트', 45_000, 'LMP-4001', ['백색 6000K', '황색 3000K']],
  ['가죽 핸들 커버', 19_800, 'INT-5001', ['블랙', '브라운', '레드']],
  ['3D 바닥 매트', 69_000, 'INT-5002', ['5인승', '7인승']],
  ['알로이 휠 캡', 15_000, 'WHL-6001', ['실버', '블랙']],
  ['문콕 방지 가드', 8900, 'EXT-7001', ['블랙', '화이트', '그레이', '투명']],
]

const SINGLES: readonly [name: string, price: number, code: string][] = [
  ['하이브리드 와이퍼 650mm', 9900, 'WPR-8001'],
  ['점화플러그 이리듐 4개입', 42_000, 'IGN-8002'],
  ['차량용 배터리 80AH', 98_000, 'BAT-8003'],
  ['부동액 4L', 16_500, 'CLT-8004'],
  ['브레이크액 DOT4 1L', 9500, 'BRK-8005'],
  ['연료필터', 14_200, 'FLT-8006'],
  ['워셔액 1.8L', 3500, 'WSH-8007'],
  ['타이어 공기압 게이지', 11_000, 'TIR-8008'],
]

const STOCKS = [40, 12, 25, 8, 60, 5, 18, 30]

export const SAMPLE_GOODS: readonly SeedProduct[] = [
  ...OPTIONS.map(([name, price, code, options], row) => ({
    name,
    price,
    options: options.map((optionName, i) => ({
      optionName,
      sellerCode: `${code}-${i + 1}`,
      stock: STOCKS[(row + i) % STOCKS.length]!,
      surcharge: i * 1000,
    })),
  })),
  ...SINGLES.map(([name, price, sellerCode], row) => ({
    name,
    price,
    options: [{ optionName: '', sellerCode, stock: STOCKS[row % STOCKS.length]!, surcharge: 0 }],
  })),
]
