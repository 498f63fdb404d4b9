import { Button, SegmentedControl, Skeleton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alarm, ChannelStanding } from '../../contract/channel-board.ts'
import { readAlarms, setAlarmsSeen, worthRepeating } from '../api.ts'
import { ChannelDot, useConnectionName } from '../channel.tsx'
import { useFormat } from '../format.ts'
import { ProblemNotice } from '../problem-notice.tsx'
import { useAskWhy } from '../why/ask.ts'
import { CHANNELS } from './use-channels.ts'
import { type Deciding, useDecide } from './use-decide.tsx'

const WHICH = ['open', 'all'] as const
type Which = (typeof WHICH)[number]

/** What the rights rest on and was not so, with the units exposed. A person says that he has seen it. */
export const Alarms = memo(function Alarms({ channels }: { channels: readonly ChannelStanding[] }) {
  const { t } = useTranslation()
  const [which, setWhich] = useState<Which>('open')
  const query = useInfiniteQuery({
    queryKey: [CHANNELS, 'alarms', which],
    queryFn: ({ pageParam, signal }) => readAlarms(which === 'open', pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    retry: (failures, error) => failures < 2 && worthRepeating(error),
  })
  const deciding = useDecide()
  const alarms = query.data?.pages.flatMap((page) => page.alarms)
  const unseen = (alarms ?? []).filter(({ seen }) => seen === null).map(({ id }) => id)
  return (
    <section className="panel side-list" aria-labelledby="alarms-title">
      <header className="panel-head">
        <h2 id="alarms-title">{t('alarms.title')}</h2>
        <span className="spread" />
        <SegmentedControl
          size="xs"
          aria-label={t('alarms.filter')}
          value={which}
          onChange={(chosen) => setWhich(WHICH.find((known) => known === chosen) ?? 'open')}
          data={WHICH.map((known) => ({ value: known, label: t(`alarms.${known}`) }))}
        />
      </header>
      {query.isError && <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Skeleton height={80} />}
      {alarms?.length === 0 && (
        <div className="empty">
          <strong>{t('alarms.empty')}</strong>
          <span>{t('alarms.emptyNext')}</span>
        </div>
      )}
      <ol>
        {alarms?.map((alarm) => (
          <AlarmLine
            key={alarm.id}
            alarm={alarm}
            channel={channels.find(({ id }) => id === alarm.connectionId)}
            deciding={deciding}
          />
        ))}
      </ol>
      <div className="side-list-foot">
        {unseen.length > 1 && (
          <Button
            size="xs"
            variant="default"
            loading={deciding.isPending}
            onClick={() => deciding.decide(seeing(unseen, t('alarms.seen', { value: unseen.length })))}
          >
            {t('alarms.seeAll', { value: unseen.length })}
          </Button>
        )}
        {query.hasNextPage && (
          <Button
            size="xs"
            variant="default"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {t('screen.more')}
          </Button>
        )}
      </div>
      {deciding.error !== null && <ProblemNotice error={deciding.error} />}
    </section>
  )
})

/** The server takes 200 at a time, and what was not taken now is still there to be seen. */
const SEEN_AT_ONCE = 200

const seeing = (ids: readonly string[], said: string) => ({
  said,
  act: () => setAlarmsSeen(ids.slice(0, SEEN_AT_ONCE), true),
  undo: () => setAlarmsSeen(ids.slice(0, SEEN_AT_ONCE), false),
})

function AlarmLine({
  alarm,
  channel,
  deciding,
}: {
  alarm: Alarm
  channel: ChannelStanding | undefined
  deciding: Deciding
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const ask = useAskWhy()
  const connectionName = useConnectionName()
  const { id, kind, sku, units, seen, at } = alarm
  const factsOf = useFacts()
  const what = t(`alarms.kind.${kind}.what`)
  return (
    <li className="alarm" data-alarm={kind}>
      <span className="order-top">
        <ChannelDot channel={channel?.channel ?? ''} />
        <span>{channel ? connectionName(channel) : t('alarms.company')}</span>
        <span className="spread" />
        <time className="numeric dim" dateTime={at} title={format.exact(at)}>
          {format.when(at)}
        </time>
      </span>
      <span className="alarm-what">
        <strong>{what}</strong>
        <span className={units > 0 ? 'tag tag-short' : 'tag'}>
          {units > 0 ? t('alarms.units', { value: format.number(units) }) : t('alarms.noUnits')}
        </span>
      </span>
      <span className="alarm-facts">{factsOf(alarm)}</span>
      <span className="dim">{t(`alarms.kind.${kind}.todo`)}</span>
      <span className="alarm-foot">
        {sku !== null && (
          <button
            type="button"
            className="chip-button mono"
            title={alarm.name ?? undefined}
            onClick={() => ask({ about: 'stock', sku, number: 'exposure' })}
          >
            {sku} <span className="plain">{t('why')}</span>
          </button>
        )}
        <span className="spread" />
        {seen === null ? (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={t('alarms.seeOne', { kind: what })}
            disabled={deciding.isPending}
            onClick={() => deciding.decide(seeing([id], t('alarms.seen', { value: 1 })))}
          >
            {t('alarms.see')}
          </Button>
        ) : (
          <span className="small dim" title={format.exact(seen.at)}>
            {t('alarms.seenBy', { by: seen.by })}
          </span>
        )}
      </span>
    </li>
  )
}

/** What was found, with its numbers, in one sentence. Alarms of before facts were kept have theirs in English. */
function useFacts(): (alarm: Alarm) => string {
  const { t } = useTranslation()
  const format = useFormat()
  return ({ facts, detail }) => {
    if (facts === null) return t('alarms.recorded', { detail: detail ?? '' })
    switch (facts.kind) {
      case 'late_order': {
        const { units, lateMs, trustedMs } = facts
        const times = { trusted: format.duration(trustedMs), late: format.duration(lateMs) }
        return t('alarms.facts.late_order', { ...times, value: format.number(units) })
      }
      case 'clock_skew': {
        const times = { ahead: format.duration(facts.aheadMs), allowed: format.duration(facts.allowedMs) }
        return t('alarms.facts.clock_skew', times)
      }
      case 'hand_edit': {
        const value = format.number(Math.abs(facts.units))
        return t(facts.units < 0 ? 'alarms.facts.hand_edit.fewer' : 'alarms.facts.hand_edit.more', { value })
      }
      default:
        return t(`alarms.facts.${facts.kind}`, { value: format.number(facts.units) })
    }
  }
}
