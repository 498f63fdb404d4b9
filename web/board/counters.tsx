import { IconAlertTriangle, IconShieldCheck } from '@tabler/icons-react'
import { memo, type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { BoardTotals } from '../../contract/board.ts'
import { useFlash } from '../flash.ts'
import { useFormat } from '../format.ts'
import { type TotalKey, useAskWhy } from '../why/ask.ts'
import { Sparkline, useTrail } from './sparkline.tsx'

/** A screen reader is told the counts at most this often, and only when they changed. */
const ALOUD_EVERY_MS = 15_000

export const Counters = memo(function Counters({ totals }: { totals: BoardTotals }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <section className="counters" aria-label={t('counters.title')}>
      <PromiseCounter total="soldTwice" value={totals.soldTwice} />
      <PromiseCounter total="shortUnits" value={totals.shortUnits} />
      <div className="counters-small">
        <Counter total="ordersTaken" value={totals.ordersTaken}>
          {t('unit.orders', { value: format.number(totals.ordersTaken) })}
        </Counter>
        <Counter total="unitsSold" value={totals.unitsSold}>
          {t('unit.pieces', { value: format.number(totals.unitsSold) })}
        </Counter>
        <LagCounter total="lag" lag={totals.lag} />
        <LagCounter total="intakeLag" lag={totals.intakeLag} />
        <Counter total="exposure" value={`${totals.exposure.structural} ${totals.exposure.stale}`}>
          <Pair label={t('counters.structural')}>{format.number(totals.exposure.structural)}</Pair>
          <Pair label={t('counters.stale')}>{format.number(totals.exposure.stale)}</Pair>
        </Counter>
        <Counter total="racedUnits" value={totals.racedUnits}>
          {t('unit.pieces', { value: format.number(totals.racedUnits) })}
        </Counter>
        <Counter total="drift" value={totals.drift}>
          {t('unit.times', { value: format.number(totals.drift) })}
        </Counter>
        <Counter total="unmapped" value={totals.unmapped}>
          {t('unit.orders', { value: format.number(totals.unmapped) })}
        </Counter>
        <Counter total="pushes" value={totals.pushes}>
          {t('unit.times', { value: format.number(totals.pushes) })}
        </Counter>
      </div>
    </section>
  )
})

/** One of the two promises: large, and never told by colour alone. */
function PromiseCounter({ total, value }: { total: 'soldTwice' | 'shortUnits'; value: number }) {
  const { t } = useTranslation()
  const format = useFormat()
  const ask = useAskWhy()
  const number = useFlash<HTMLSpanElement>(value)
  const kept = value === 0
  const Sign = kept ? IconShieldCheck : IconAlertTriangle
  return (
    <button
      type="button"
      className={`promise ${kept ? 'promise-kept' : 'promise-broken'}`}
      onClick={() => ask({ about: 'total', total })}
      data-total={total}
    >
      <span className="promise-label">{t(`counters.${total}`)}</span>
      <span className="promise-number" ref={number}>
        {format.number(value)}
      </span>
      <span className="promise-state">
        <Sign size={15} aria-hidden /> {kept ? t('counters.good') : t('counters.bad')}
      </span>
      <span className="why-mark">{t('why')}</span>
    </button>
  )
}

function Counter({ total, value, children }: { total: TotalKey; value: unknown; children: ReactNode }) {
  const { t } = useTranslation()
  const ask = useAskWhy()
  const number = useFlash<HTMLSpanElement>(value)
  return (
    <button type="button" className="counter" onClick={() => ask({ about: 'total', total })} data-total={total}>
      <span className="counter-label">{t(`counters.${total}`)}</span>
      <span className="counter-value" ref={number}>
        {children}
      </span>
      <span className="visually-hidden">{t('why')}</span>
    </button>
  )
}

function LagCounter({ total, lag }: { total: 'lag' | 'intakeLag'; lag: BoardTotals['lag'] }) {
  const { t } = useTranslation()
  const format = useFormat()
  const trail = useTrail(lag?.p99 ?? null)
  return (
    <Counter total={total} value={lag === null ? null : `${lag.p50} ${lag.p99}`}>
      {lag === null ? (
        <span className="counter-none">{t('counters.none')}</span>
      ) : (
        <>
          <Pair label="p50">{format.duration(lag.p50)}</Pair>
          <Pair label="p99">{format.duration(lag.p99)}</Pair>
        </>
      )}
      <Sparkline values={trail} />
    </Counter>
  )
}

function Pair({ label, children }: { label: string; children: ReactNode }) {
  return (
    <span className="pair">
      <small>{label}</small> {children}
    </span>
  )
}

/** The counts for screen readers: polite, whole sentences, never more than one each 15 seconds. */
export function CountsAloud({ totals }: { totals: BoardTotals }) {
  const { t } = useTranslation()
  const text = t('live.counts', {
    orders: totals.ordersTaken,
    units: totals.unitsSold,
    twice: totals.soldTwice,
    short: totals.shortUnits,
  })
  const newest = useRef(text)
  const [said, setSaid] = useState('')
  useEffect(() => {
    newest.current = text
  }, [text])
  useEffect(() => {
    const timer = setInterval(() => setSaid(newest.current), ALOUD_EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {said}
    </p>
  )
}
