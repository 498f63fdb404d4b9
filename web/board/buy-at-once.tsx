import { Button } from '@mantine/core'
import { IconBolt, IconCircleCheck, IconCircleOff, IconQuestionMark } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import type { BoardConnection } from '../../contract/board.ts'
import { type BuyAnswer, buyAtOnce } from '../api.ts'
import { ChannelDot, useChannelName, useConnectionName } from '../channel.tsx'
import { useFormat } from '../format.ts'
import { ProblemNotice } from '../problem-notice.tsx'
import { useAskWhy } from '../why/ask.ts'
import { verdict } from './verdict.ts'

export const BuyAtOnce = memo(function BuyAtOnce({ connections }: { connections: readonly BoardConnection[] }) {
  const { t } = useTranslation()
  const ask = useAskWhy()
  const buying = useMutation({ mutationFn: buyAtOnce })
  return (
    <section className="panel buy" aria-labelledby="buy-title">
      <header className="panel-head">
        <h2 id="buy-title">{t('buy.title')}</h2>
      </header>
      {buying.data === undefined && <p className="small dim">{t('buy.watch')}</p>}
      <div className="buy-actions">
        <Button
          size="xs"
          loading={buying.isPending}
          leftSection={<IconBolt size={16} aria-hidden />}
          onClick={() => buying.mutate()}
        >
          {buying.data === undefined ? t('buy.button') : t('buy.again')}
        </Button>
        {buying.data !== undefined && (
          <button
            type="button"
            className="chip-button mono"
            onClick={() => ask({ about: 'stock', sku: buying.data.sku, number: 'available' })}
          >
            {buying.data.sku} <span className="plain">{t('why')}</span>
          </button>
        )}
      </div>
      <div aria-live="polite" className="buy-result" data-testid="buy-result">
        {buying.isError && <ProblemNotice error={buying.error} />}
        {buying.data !== undefined && !buying.isPending && <Result answer={buying.data} connections={connections} />}
      </div>
    </section>
  )
})

const OUTCOME_SIGN = { sold: IconCircleCheck, sold_out: IconCircleOff, no_answer: IconQuestionMark } as const

function Result({ answer, connections }: { answer: BuyAnswer; connections: readonly BoardConnection[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  const channelName = useChannelName()
  const connectionName = useConnectionName()
  const shown = verdict(answer)
  return (
    <>
      <ul className="attempts" aria-label={t('buy.attempts')}>
        {answer.attempts.map((attempt, i) => {
          const Sign = OUTCOME_SIGN[attempt.outcome]
          const connection = connections.find(({ id }) => id === attempt.connectionId)
          const name = connection ? connectionName(connection) : channelName(attempt.channel)
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the attempts of one answer never change their places.
            <li key={i} className={`tag tag-${attempt.outcome}`}>
              <ChannelDot channel={attempt.channel} /> {name} <Sign size={14} aria-hidden />{' '}
              {t(`buy.outcome.${attempt.outcome}`)}
            </li>
          )
        })}
      </ul>
      <p className={`verdict verdict-${shown}`}>
        {t(`buy.result.${shown}`, {
          sold: format.number(answer.soldUnits),
          before: format.number(answer.availableBefore),
        })}
      </p>
    </>
  )
}
