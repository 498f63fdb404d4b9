import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'

/** Sellers and marketplaces of this board live in one time zone, wherever the browser is. */
const ZONE = 'Asia/Seoul'

export type Format = {
  number(value: number): string
  /** At most one digit after the point. */
  tenths(value: number): string
  /** A share of 1: 0.001 is 0.1 %. */
  percent(share: number): string
  won(value: number): string
  /** 14:03:22 in KST. */
  time(instant: string | number): string
  /** As `time` for what was lately, with the day and without seconds for what was not. */
  when(instant: string): string
  /** The whole instant in KST, for hovering and for copying. */
  exact(instant: string | number): string
  duration(ms: number): string
}

/** Within it the hour alone says which day. */
const LATELY_MS = 12 * 3_600_000

const kept = new Map<string, Format>()

export function useFormat(): Format {
  const { t, i18n } = useTranslation()
  return formatFor(i18n.language, t)
}

/** Intl formatters are slow to make, and cells use them thousands of times. */
function formatFor(language: string, t: TFunction): Format {
  const known = kept.get(language)
  if (known !== undefined) return known
  const whole = new Intl.NumberFormat(language)
  const tenths = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })
  const share = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 })
  const won = new Intl.NumberFormat(language, { style: 'currency', currency: 'KRW' })
  const time = new Intl.DateTimeFormat(language, { timeZone: ZONE, timeStyle: 'medium', hourCycle: 'h23' })
  const day = new Intl.DateTimeFormat(language, {
    ...{ timeZone: ZONE, month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  })
  const exact = new Intl.DateTimeFormat(language, {
    timeZone: ZONE,
    dateStyle: 'medium',
    timeStyle: 'long',
    hourCycle: 'h23',
  })
  const made: Format = {
    number: (value) => whole.format(value),
    tenths: (value) => tenths.format(value),
    percent: (value) => share.format(value),
    won: (value) => won.format(value),
    time: (instant) => time.format(new Date(instant)),
    when: (instant) => (Math.abs(Date.now() - Date.parse(instant)) < LATELY_MS ? time : day).format(new Date(instant)),
    exact: (instant) => exact.format(new Date(instant)),
    duration: (ms) => {
      if (ms < 1_000) return t('unit.milliseconds', { value: whole.format(Math.round(ms)) })
      if (ms < 100_000) return t('unit.seconds', { value: tenths.format(ms / 1_000) })
      return t('unit.minutes', { value: tenths.format(ms / 60_000) })
    },
  }
  kept.set(language, made)
  return made
}
