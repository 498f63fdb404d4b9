import { useTranslation } from 'react-i18next'
import type { FaultWhy } from '../contract/faults.ts'
import { useFormat } from './format.ts'

/** What we found out ourselves, in the page's words; null where the marketplace's are all there is. */
export function useReason(): (why: FaultWhy | null) => string | null {
  const { t } = useTranslation()
  const format = useFormat()
  return (why) => {
    if (why === null) return null
    const { reason, times = 0, since, what = '' } = why
    return t(`reason.${reason}`, { times, what, since: since === undefined ? '' : format.when(since) }).trim()
  }
}

/** Found by the network or by us, so that no marketplace is quoted with it. */
const NOT_THEIRS = ['unreachable', 'unknown', 'garbled', 'parcel_unanswered', 'parcel_stays']

/** The words that came, as they came: quoted, and named as whose they are. */
export function Said({ code, said }: { code: string; said: string }) {
  const { t } = useTranslation()
  if (said === '') return null
  return (
    <span className="said dim">
      {t(NOT_THEIRS.includes(code) ? 'channels.record' : 'channels.said')}: <q className="mono">{said}</q>
    </span>
  )
}
