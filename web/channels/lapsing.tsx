import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChannelStanding } from '../../contract/channel-board.ts'
import { type ClaimList, readLapsingClaims, worthRepeating } from '../api.ts'
import { ChannelDot, useChannelName, useConnectionName } from '../channel.tsx'
import { useNow } from '../clock.ts'
import { useFormat } from '../format.ts'
import { ProblemNotice } from '../problem-notice.tsx'
import { CHANNELS } from './use-channels.ts'

const LOOK_EVERY_MS = 60_000
const HOUR_MS = 3_600_000

type Props = { channels: readonly ChannelStanding[]; clockAhead: number }

/** Claims their marketplace answers by itself within a day, the next first. */
export const Lapsing = memo(function Lapsing({ channels, clockAhead }: Props) {
  const { t } = useTranslation()
  const count = channels.reduce((sum, { lapsing }) => sum + lapsing, 0)
  const query = useQuery({
    // With a new count, the list is another.
    queryKey: [CHANNELS, 'lapsing', count],
    queryFn: ({ signal }) => readLapsingClaims(signal),
    refetchInterval: LOOK_EVERY_MS,
    retry: (failures, error) => failures < 2 && worthRepeating(error),
  })
  const claims = query.data?.claims
  return (
    <section className="panel side-list" id="lapsing" tabIndex={-1} aria-labelledby="lapsing-title">
      <header className="panel-head">
        <h2 id="lapsing-title">{t('lapsing.title')}</h2>
        {count > 0 && <span className="tag tag-unmapped numeric">{count}</span>}
      </header>
      {query.isError && <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Skeleton height={60} />}
      {claims?.length === 0 && (
        <div className="empty">
          <strong>{t('lapsing.empty')}</strong>
          <span>{t('lapsing.emptyNext')}</span>
        </div>
      )}
      <ol>
        {claims?.map((claim) => (
          <ClaimLine
            key={claim.id}
            claim={claim}
            channel={channels.find(({ id }) => id === claim.connectionId)}
            clockAhead={clockAhead}
          />
        ))}
      </ol>
    </section>
  )
})

function ClaimLine({
  claim,
  channel,
  clockAhead,
}: {
  claim: ClaimList['claims'][number]
  channel: ChannelStanding | undefined
  clockAhead: number
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useNow()
  const channelName = useChannelName()
  const connectionName = useConnectionName()
  const { lapsesAt, lapsesTo } = claim
  if (lapsesAt === null || lapsesTo === null) return null
  const leftMs = Date.parse(lapsesAt) - clockAhead - now
  const left =
    leftMs <= 0
      ? t('lapsing.late')
      : leftMs >= HOUR_MS
        ? t('lapsing.inHours', { value: format.number(Math.floor(leftMs / HOUR_MS)) })
        : t('lapsing.inMinutes', { value: format.number(Math.max(1, Math.floor(leftMs / 60_000))) })
  return (
    <li className="alarm">
      <span className="order-top">
        <ChannelDot channel={claim.channel} />
        <span>{channel ? connectionName(channel) : channelName(claim.channel)}</span>
        <span className="mono dim order-number">{claim.externalOrderId}</span>
        <span className="spread" />
        <time className="numeric tone-warn nowrap" dateTime={lapsesAt} title={format.exact(lapsesAt)}>
          {left}
        </time>
      </span>
      <span>
        <strong>{t(`lapsing.kind.${claim.kind}`)}</strong> · {t(`lapsing.to.${lapsesTo}`)}
        {claim.reason !== '' && <span className="dim"> · {claim.reason}</span>}
      </span>
    </li>
  )
}
