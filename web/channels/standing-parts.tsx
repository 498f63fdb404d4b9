import { memo, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChannelStanding } from '../../contract/channel-board.ts'
import { useFormat } from '../format.ts'

/** What was measured of a connection, and when it last did what it is for. */
export const Facts = memo(function Facts({ channel }: { channel: ChannelStanding }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { collectedUpTo, lastSuccessAt, outShare } = channel
  return (
    <dl className="facts">
      <Lag label={t('standing.lagHour')} lag={channel.lag} />
      <Lag label={t('standing.intakeHour')} lag={channel.intakeLag} />
      <Fact label={t('standing.collected')} exact={collectedUpTo}>
        {collectedUpTo === null
          ? t('standing.notCollected')
          : t('standing.collectedUpTo', { time: format.when(collectedUpTo) })}
      </Fact>
      <Fact label={t('standing.lastSuccess')} exact={lastSuccessAt}>
        {lastSuccessAt === null ? t('channels.never') : format.when(lastSuccessAt)}
      </Fact>
      <Fact
        label={t('standing.margin')}
        more={outShare === null ? t('standing.marginHow') : t('standing.out', { value: format.percent(outShare) })}
      >
        {format.duration(channel.marginMs)}
      </Fact>
      <Reconciled reconciliation={channel.reconciliation} />
    </dl>
  )
})

function Lag({ label, lag }: { label: string; lag: ChannelStanding['lag'] }) {
  const { t } = useTranslation()
  const format = useFormat()
  if (lag === null) return <Fact label={label}>–</Fact>
  return (
    <Fact label={label} more={t('standing.measured', { value: format.number(lag.samples) })}>
      <small>p50</small> {format.duration(lag.p50)} <small>p99</small> {format.duration(lag.p99)}
    </Fact>
  )
}

function Reconciled({ reconciliation }: Pick<ChannelStanding, 'reconciliation'>) {
  const { t } = useTranslation()
  const format = useFormat()
  if (reconciliation === null) return <Fact label={t('standing.reconciliation')}>{t('standing.notReconciled')}</Fact>
  const { result, ordersTold, linesLate, linesDiffering, startedAt } = reconciliation
  const told = { orders: format.number(ordersTold), late: linesLate, differing: linesDiffering }
  return (
    <Fact label={t('standing.reconciliation')} exact={startedAt} more={format.when(startedAt)}>
      <span className={result === 'equal' ? undefined : 'tone-warn'}>{t(`standing.${result ?? 'failed'}`, told)}</span>
    </Fact>
  )
}

function Fact({
  label,
  more,
  exact = null,
  children,
}: {
  label: string
  more?: string
  exact?: string | null
  children: ReactNode
}) {
  const format = useFormat()
  return (
    <div title={exact === null ? undefined : format.exact(exact)}>
      <dt>{label}</dt>
      <dd className="numeric">
        {children}
        {more !== undefined && <span className="small dim fact-more">{more}</span>}
      </dd>
    </div>
  )
}

/** Some marketplaces count sixteen kinds of calls apart; those that are short say all there is to say. */
const BUDGETS_SHOWN = 3

/** Calls left of the most there can be, bucket by bucket, the shortest first. */
export const Budgets = memo(function Budgets({ budgets }: Pick<ChannelStanding, 'budgets'>) {
  const { t } = useTranslation()
  if (budgets.length === 0) return null
  const share = ({ left, burst, blockedUntil }: Budget) => (blockedUntil === null ? left / burst : -1)
  const sorted = budgets.toSorted((a, b) => share(a) - share(b) || (a.bucket < b.bucket ? -1 : 1))
  const others = sorted.slice(BUDGETS_SHOWN)
  return (
    <div className="standing-part">
      <h3>{t('standing.budgets')}</h3>
      <BudgetList budgets={sorted.slice(0, BUDGETS_SHOWN)} />
      {others.length > 0 && (
        <details>
          <summary className="small dim">{t('standing.moreBudgets', { value: others.length })}</summary>
          <BudgetList budgets={others} />
        </details>
      )}
    </div>
  )
})

type Budget = ChannelStanding['budgets'][number]

function BudgetList({ budgets }: { budgets: readonly Budget[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <ul className="budgets">
      {budgets.map(({ bucket, left, burst, perSecond, blockedUntil }) => (
        <li key={bucket}>
          <span className="mono">{bucket}</span>
          <span className="gauge" aria-hidden>
            <span style={{ width: `${Math.round((100 * left) / burst)}%` }} />
          </span>
          <span className="numeric">
            {t('standing.budgetLeft', { left: format.number(Math.floor(left)), burst: format.number(burst) })}
          </span>
          <span className={blockedUntil === null ? 'numeric dim' : 'numeric tone-warn'}>
            {blockedUntil === null
              ? t('standing.budgetRate', { value: format.tenths(perSecond) })
              : t('standing.blocked', { time: format.when(blockedUntil) })}
          </span>
        </li>
      ))}
    </ul>
  )
}

const SOONEST_FIRST = ['zero', 'drop', 'fromZero', 'other', 'spare'] as const

/** Write units that wait, the worst exposure first. */
export const WaitingWrites = memo(function WaitingWrites({ waiting }: Pick<ChannelStanding, 'waiting'>) {
  const { t } = useTranslation()
  const format = useFormat()
  const waits = SOONEST_FIRST.filter((urgency) => waiting[urgency] > 0)
  return (
    <div className="standing-part">
      <h3>{t('standing.waiting')}</h3>
      {waits.length === 0 ? (
        <p className="small dim">{t('standing.nothingWaits')}</p>
      ) : (
        <ul className="waits">
          {waits.map((urgency) => (
            <li key={urgency} className={`tag waits-${urgency}`}>
              {t(`standing.waits.${urgency}`)} <strong className="numeric">{format.number(waiting[urgency])}</strong>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
})
