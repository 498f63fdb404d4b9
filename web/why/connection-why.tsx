import { useTranslation } from 'react-i18next'
import type { BoardConnection } from '../../contract/board.ts'
import { faultWords } from '../channel.tsx'
import { Said, useReason } from '../fault.tsx'
import { useFormat } from '../format.ts'
import type { ConnectionNumber } from './ask.ts'

type Props = { number: ConnectionNumber; connection: BoardConnection | undefined }

export function ConnectionWhy({ number, connection }: Props) {
  const { t } = useTranslation()
  const format = useFormat()
  const reasonOf = useReason()
  if (connection === undefined) return null
  const { fault } = connection
  const words = fault === null ? null : faultWords(fault.code)
  return (
    <>
      <p className="total-value numeric">{valueText()}</p>
      <p className="answer">{t(`channelWhy.${number}`, { bucket: connection.budget?.bucket ?? '–' })}</p>
      <section className="why-part">
        <h3>{t('channels.policyLabel')}</h3>
        <p>{t(`channelWhy.policy.${connection.policy}`)}</p>
        <h3>{t('channels.modeLabel')}</h3>
        <p>{t(`channelWhy.mode.${connection.mode}`)}</p>
      </section>
      {fault !== null && words !== null && (
        <section className="why-part">
          <h3>{t(`fault.${words}.what`)}</h3>
          <p>{t(`fault.${words}.why`)}</p>
          <p>{t(`fault.${words}.todo`)}</p>
          {fault.why !== null && <p>{reasonOf(fault.why)}</p>}
          <p className="small">
            <Said code={fault.code} said={fault.said} />
          </p>
          <p className="small dim numeric">{format.exact(fault.at)}</p>
        </section>
      )}
      <p className="small dim numeric">
        {connection.lastSuccessAt === null
          ? t('channels.never')
          : t('channels.lastSuccess', { time: format.exact(connection.lastSuccessAt) })}
      </p>
    </>
  )

  function valueText(): string {
    if (connection === undefined) return ''
    if (number === 'queue') return format.number(connection.queue)
    if (number === 'budget') {
      const { budget } = connection
      if (budget === null) return '–'
      return `${format.number(Math.floor(budget.left))} · ${t('unit.perSecond', { value: format.number(budget.perSecond) })}`
    }
    const lag = connection[number]
    if (lag === null) return '–'
    const samples = t('unit.samples', { value: format.number(lag.samples) })
    return `p50 ${format.duration(lag.p50)} · p99 ${format.duration(lag.p99)} · ${samples}`
  }
}
