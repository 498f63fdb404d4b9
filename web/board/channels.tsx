import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import { memo, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { BoardConnection } from '../../contract/board.ts'
import { ChannelDot, faultWords, useConnectionName } from '../channel.tsx'
import { useFlash } from '../flash.ts'
import { useFormat } from '../format.ts'
import { type ConnectionNumber, useAskWhy } from '../why/ask.ts'

type Props = { connections: readonly BoardConnection[]; clockAhead: number }

export const Channels = memo(function Channels({ connections }: Props) {
  const { t } = useTranslation()
  if (connections.length === 0) {
    return (
      <section className="panel empty" aria-label={t('channels.title')}>
        <strong>{t('channels.empty')}</strong>
        <span>{t('channels.emptyNext')}</span>
      </section>
    )
  }
  return connections.map((connection) => <ChannelCard key={connection.id} connection={connection} />)
})

const ChannelCard = memo(function ChannelCard({ connection }: { connection: BoardConnection }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { lag, intakeLag, budget, queue } = connection
  const name = useConnectionName()(connection)
  return (
    <section className="panel channel-card" aria-label={name} data-connection={connection.id}>
      <header className="panel-head">
        <h2>
          <ChannelDot channel={connection.channel} /> {name}
        </h2>
        <span className={`tag tag-${connection.state}`}>{t(`channels.state.${connection.state}`)}</span>
        <span className="spread" />
        <span className="dim small">
          {t(`channels.mode.${connection.mode}`)} · {t(`channels.policy.${connection.policy}`)}
        </span>
      </header>
      <div className="figures">
        <Figure connection={connection} number="lag">
          {lag === null ? '–' : `${format.duration(lag.p50)} / ${format.duration(lag.p99)}`}
        </Figure>
        <Figure connection={connection} number="intakeLag">
          {intakeLag === null ? '–' : `${format.duration(intakeLag.p50)} / ${format.duration(intakeLag.p99)}`}
        </Figure>
        <Figure connection={connection} number="budget">
          {budget === null ? '–' : `${format.number(Math.floor(budget.left))} (+${format.number(budget.perSecond)}/s)`}
        </Figure>
        <Figure connection={connection} number="queue">
          {format.number(queue)}
        </Figure>
      </div>
      <FaultLine connection={connection} />
    </section>
  )
})

function Figure({
  connection,
  number,
  children,
}: {
  connection: BoardConnection
  number: ConnectionNumber
  children: ReactNode
}) {
  const { t } = useTranslation()
  const ask = useAskWhy()
  const value = useFlash<HTMLSpanElement>(children)
  return (
    <button
      type="button"
      className="figure"
      onClick={() => ask({ about: 'connection', connectionId: connection.id, number })}
    >
      <span className="figure-label">{t(`channels.${number}`)}</span>
      <span className="figure-value" ref={value}>
        {children}
      </span>
      <span className="visually-hidden">{t('why')}</span>
    </button>
  )
}

/** The last error in plain words; once something worked after it, it is history and says so by its time alone. */
function FaultLine({ connection }: { connection: BoardConnection }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { fault, lastSuccessAt } = connection
  if (fault === null) {
    return (
      <p className="fault-line dim" title={lastSuccessAt === null ? undefined : format.exact(lastSuccessAt)}>
        <IconCircleCheck size={15} aria-hidden />
        <span>
          {t('channels.noFault')} ·{' '}
          {lastSuccessAt === null
            ? t('channels.never')
            : t('channels.lastSuccess', { time: format.time(lastSuccessAt) })}
        </span>
      </p>
    )
  }
  const words = faultWords(fault.code)
  const over = lastSuccessAt !== null && lastSuccessAt > fault.at
  return (
    <p className={over ? 'fault-line dim' : 'fault-line fault-now'} title={fault.said}>
      <IconAlertTriangle size={15} aria-hidden />
      <span>
        <time dateTime={fault.at} title={format.exact(fault.at)} className="numeric">
          {format.time(fault.at)}
        </time>{' '}
        {t(`fault.${words}.what`)} {!over && t(`fault.${words}.todo`)}
        {over && t('channels.lastSuccess', { time: format.time(lastSuccessAt) })}
      </span>
    </p>
  )
}
