import { Button, SegmentedControl, Skeleton } from '@mantine/core'
import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { ChannelStanding } from '../../contract/channel-board.ts'
import {
  changeConnection,
  type DriftList,
  type ReconciliationList,
  readDrift,
  readReconciliations,
  releaseListing,
  worthRepeating,
} from '../api.ts'
import { useFormat } from '../format.ts'
import { ProblemNotice } from '../problem-notice.tsx'
import { CHANNELS } from './use-channels.ts'
import { useDecide } from './use-decide.tsx'

const CHOICES = ['repair', 'report'] as const

/** What a marketplace showed that was not ours, what was done about it, and what shall be done from now on. */
export function DriftReport({ channel }: { channel: ChannelStanding }) {
  const { t } = useTranslation()
  const { decide, isPending, error } = useDecide()
  const { id, name, drift } = channel
  const choose = (chosen: string) => {
    const to = CHOICES.find((known) => known === chosen)
    if (to === undefined || to === drift) return
    decide({
      said: t('drifts.changed', { name, choice: t(`drifts.choice.${to}`) }),
      act: () => changeConnection(id, { drift: to }),
      undo: () => changeConnection(id, { drift }),
    })
  }
  return (
    <>
      <p>{t('drifts.about')}</p>
      <div className="setting">
        <span id="drift-setting">{t('drifts.setting')}</span>
        <SegmentedControl
          size="xs"
          aria-labelledby="drift-setting"
          value={drift}
          disabled={isPending}
          onChange={choose}
          data={CHOICES.map((choice) => ({ value: choice, label: t(`drifts.choice.${choice}`) }))}
        />
        <span className="small dim">{t(`drifts.choiceSays.${drift}`)}</span>
      </div>
      {error !== null && <ProblemNotice error={error} />}
      <DriftTable query={useDrift(id)} />
      <Reconciliations connectionId={id} />
    </>
  )
}

export type DriftQuery = UseInfiniteQueryResult<InfiniteData<DriftList>>

export function useDrift(connectionId: string): DriftQuery {
  return useInfiniteQuery({
    queryKey: [CHANNELS, 'drift', connectionId],
    queryFn: ({ pageParam, signal }) => readDrift(connectionId, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    retry: (failures, error) => failures < 2 && worthRepeating(error),
  })
}

/** `empty`: said where nothing ever differed. */
export function DriftTable({ query, empty }: { query: DriftQuery; empty?: string }) {
  const { t } = useTranslation()
  const { decide, isPending, error } = useDecide()
  if (query.isError) return <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
  if (query.isPending) return <Skeleton height={120} />
  const rows = query.data.pages.flatMap((page) => page.drift)
  if (rows.length === 0) {
    return (
      <div className="empty">
        <strong>{empty ?? t('drifts.empty')}</strong>
        <span>{t('drifts.emptyNext')}</span>
      </div>
    )
  }
  const release = ({ item, listingId }: DriftRow) =>
    decide({ said: t('drifts.released', { item }), act: () => releaseListing(listingId) })
  return (
    <>
      <table className="why-table drift-table">
        <thead>
          <tr>
            <th scope="col">{t('drifts.when')}</th>
            <th scope="col">{t('drifts.item')}</th>
            <th scope="col" className="right">
              {t('drifts.numbers')}
            </th>
            <th scope="col" className="right">
              {t('drifts.units')}
            </th>
            <th scope="col">{t('drifts.done')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <DriftLine key={row.id} row={row} busy={isPending} onRelease={release} />
          ))}
        </tbody>
      </table>
      {error !== null && <ProblemNotice error={error} />}
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
    </>
  )
}

type DriftRow = DriftList['drift'][number]

function DriftLine({ row, busy, onRelease }: { row: DriftRow; busy: boolean; onRelease(row: DriftRow): void }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <tr>
      <td className="numeric nowrap">
        <time dateTime={row.readAt} title={format.exact(row.readAt)}>
          {format.when(row.readAt)}
        </time>
      </td>
      <td>
        <span className="mono">{row.sellerCode ?? row.item}</span>
        <br />
        <span className="dim">{t(`drifts.cause.${row.cause}`)}</span>
      </td>
      <td className="numeric right nowrap">
        {format.number(row.believed)} → <strong>{format.number(row.showed)}</strong>
      </td>
      <td className={row.units > 0 ? 'numeric right delta-down' : 'numeric right'}>
        {row.units > 0 && '+'}
        {format.number(row.units)}
      </td>
      <td>
        {t(`drifts.did.${row.done}`)}
        {row.repairedAt !== null && (
          <>
            {' '}
            <time className="numeric dim" dateTime={row.repairedAt} title={format.exact(row.repairedAt)}>
              {format.when(row.repairedAt)}
            </time>
          </>
        )}
        {row.done === 'reported' && (
          <>
            <br />
            <Button
              size="compact-xs"
              variant="default"
              disabled={busy}
              aria-label={t('drifts.releaseOne', { item: row.sellerCode ?? row.item })}
              onClick={() => onRelease(row)}
            >
              {t('drifts.release')}
            </Button>
          </>
        )}
      </td>
    </tr>
  )
}

/** The last few daily comparisons of orders, with what they found. */
function Reconciliations({ connectionId }: { connectionId: string }) {
  const { t } = useTranslation()
  const query = useQuery({
    queryKey: [CHANNELS, 'reconciliations', connectionId],
    queryFn: ({ signal }) => readReconciliations(connectionId, signal),
    retry: (failures, error) => failures < 2 && worthRepeating(error),
  })
  const rows = query.data?.reconciliations
  return (
    <section className="why-part">
      <h3>{t('drifts.reconciliations')}</h3>
      <p className="small dim">{t('drifts.reconciliationsAbout')}</p>
      {query.isError && <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Skeleton height={60} />}
      {rows?.length === 0 && <p className="small dim">{t('drifts.noReconciliations')}</p>}
      <ul className="plain-list">
        {rows?.map((row) => (
          <Compared key={row.id} row={row} />
        ))}
      </ul>
    </section>
  )
}

const FINDINGS_SHOWN = 20

function Compared({ row }: { row: ReconciliationList['reconciliations'][number] }) {
  const { t } = useTranslation()
  const format = useFormat()
  const told = { orders: format.number(row.ordersTold), late: row.linesLate, differing: row.linesDiffering }
  return (
    <li>
      <time className="numeric dim" dateTime={row.startedAt}>
        {format.exact(row.startedAt)}
      </time>{' '}
      <strong>{row.result === null ? t('drifts.running') : t(`standing.${row.result}`, told)}</strong>{' '}
      {row.faultSaid !== null && <span className="mono dim">{row.faultSaid}</span>}
      {row.findings.length > 0 && (
        <ul className="findings">
          {row.findings.slice(0, FINDINGS_SHOWN).map((finding) => (
            <li key={`${finding.lineKey} ${finding.kind}`}>
              <span className="mono">{finding.lineKey}</span>{' '}
              {t(`drifts.finding.${finding.kind}`, { ours: finding.ours ?? 0, theirs: finding.theirs })}
              {!finding.recorded && <span className="dim"> · {t('drifts.onlyTold')}</span>}
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}
