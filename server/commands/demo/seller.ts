import type { Random } from '../../kernel/random.ts'

/** A made-up seller of car parts. Equal seeds give equal goods. */
export type DemoProduct = {
  name: string
  category: string
  /** Won. */
  price: number
  options: { sku: string; name: string; surcharge: number; stock: Record<'SEOUL' | 'BUSAN', number> }[]
}

export type DemoSet = { sku: string; name: string; price: number; parts: { sku: string; quantity: number }[] }

const PARTS = [
  ['BRK', '브레이크 패드', 32_000, ['앞', '뒤']],
  ['OIL', '오일 필터', 8_900, ['정품', '호환']],
  ['AIR', '에어 필터', 12_500, ['일반', '활성탄']],
  ['WIP', '와이퍼', 15_900, ['운전석', '조수석', '뒤']],
  ['PLG', '점화 플러그', 9_800, ['이리듐', '백금']],
  ['LMP', '전조등 전구', 21_000, ['하향등', '상향등']],
  ['MIR', '사이드미러 커버', 27_500, ['RD', 'WH', 'BK']],
  ['MAT', '바닥 매트', 45_000, ['BK', 'GR']],
] as const

const CARS = [
  '아반떼',
  '쏘나타',
  '그랜저',
  '모닝',
  '스포티지',
  '카니발',
  '포터',
  '코나',
  '레이',
  '투싼',
  '쏘렌토',
  'K5',
  'K8',
] as const

/** 104 products, 234 variants; most have stock to spare, every sixth is scarce, as on a real shelf. */
export function demoProducts(random: Random): DemoProduct[] {
  return CARS.flatMap((car, c) =>
    PARTS.map(([code, part, price, options]) => ({
      name: `${car} ${part}`,
      category: part,
      price: price + c * 500,
      options: options.map((option, o) => ({
        sku: `${code}-${1000 + c * 37}-${o + 1}-V${1 + (c % 3)}`,
        name: option,
        surcharge: o * 1_000,
        stock: stockOf(random),
      })),
    })),
  )
}

function stockOf(random: Random): Record<'SEOUL' | 'BUSAN', number> {
  const scarce = random.next() < 1 / 6
  const most = scarce ? 6 : 120
  const SEOUL = 1 + Math.floor(random.next() * most)
  return { SEOUL, BUSAN: Math.floor(random.next() * (scarce ? 3 : 60)) }
}

/** 정비 세트: an oil filter, an air filter and two wipers of one car. */
export function demoSets(products: readonly DemoProduct[]): DemoSet[] {
  return CARS.slice(0, 10).map((car, c) => {
    const first = (part: string) => products.find((product) => product.name === `${car} ${part}`)!.options[0]!.sku
    return {
      sku: `SET-${1000 + c * 37}`,
      name: `${car} 정비 세트`,
      price: 49_000 + c * 500,
      parts: [
        { sku: first('오일 필터'), quantity: 1 },
        { sku: first('에어 필터'), quantity: 1 },
        { sku: first('와이퍼'), quantity: 2 },
      ],
    }
  })
}
