import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChannelStanding, PushPreview } from '../../contract/channel-board.ts'
import { changeConnection, previewPush, RequestFailed, worthRepeating } from '../api.ts'
import { useFormat } from '../format.ts'
import { ProblemNotice } from '../problem-notice.tsx'
import { DriftTable, useDrift } from './drift-report.tsx'
import { CHANNELS } from './use-channels.ts'
import { useDecide } from './use-decide.tsx'

/** observe → push, which nobody may do without having had before his eyes what was found and what would be sent. */
export function PushStart({ channel, onDone }: { channel: ChannelStanding; onDone(): void }) {
  const { t } = useTranslation()
  const { id, name } = channel
  /** Of the values that were on the page when it was ticked: with other values, it is another question. */
  const [ticked, setTicked] = useState<string | null>(null)
  const drift = useDrift(id)
  const preview = useQuery({
    queryKey: [CHANNELS, 'preview', id],
    queryFn: ({ signal }) => previewPush(id, signal),
    // Numbers do not change under the eyes of who reads them; each opening asks anew.
    ...{ staleTime: Number.POSITIVE_INFINITY, gcTime: 0, refetchOnWindowFocus: false },
    retry: (failures, error) => failures < 2 && worthRepeating(error),
  })
  const { decide, isPending, error, forget } = useDecide(onDone)
  const isLooking = drift.isRefetching || preview.isRefetching
  const shown = drift.isSuccess && preview.isSuccess && !isLooking
  const look = preview.data?.seen ?? null
  const seen = shown && ticked !== null && ticked === look
  const lookAgain = () => {
    forget()
    setTicked(null)
    void drift.refetch()
    void preview.refetch()
  }
  const start = () =>
    decide({
      said: t('standing.toldPush', { name }),
      act: () => changeConnection(id, { mode: 'push', seen: look ?? '' }),
      undo: () => changeConnection(id, { mode: 'observe' }),
    })
  return (
    <>
      <p>{t('push.about')}</p>
      <section className="why-part">
        <h3>{t('push.drift')}</h3>
        <DriftTable query={drift} empty={t('push.noDrift')} />
      </section>
      <section className="why-part">
        <h3>{t('push.values')}</h3>
        {preview.isError && <ProblemNotice error={preview.error} onRetry={() => void preview.refetch()} />}
        {preview.isPending && <Skeleton height={160} />}
        {preview.isSuccess && <Values preview={preview.data} />}
      </section>
      <div className="push-foot">
        <label className="check">
          <input
            type="checkbox"
            checked={seen}
            disabled={!shown}
            onChange={(event) => setTicked(event.currentTarget.checked ? look : null)}
          />
          {t('push.seen')}
        </label>
        <span className="spread" />
        <Button size="xs" variant="default" onClick={onDone}>
          {t('screen.cancel')}
        </Button>
        <Button size="xs" disabled={!seen} loading={isPending} onClick={start}>
          {t('push.start')}
        </Button>
      </div>
      {error !== null && (isOutdated(error) ? <LookAgain onLook={lookAgain} /> : <ProblemNotice error={error} />)}
    </>
  )
}

/** What was shown is no longer what it was, or was shown too long ago. */
const isOutdated = (error: Error): boolean =>
  error instanceof RequestFailed && error.problem?.type === '/problems/not-looked'

function LookAgain({ onLook }: { onLook(): void }) {
  const { t } = useTranslation()
  return (
    <div role="alert" className="trouble trouble-warn look-again">
      <span>{t('push.outdated')}</span>
      <Button size="xs" variant="default" onClick={onLook}>
        {t('push.lookAgain')}
      </Button>
    </div>
  )
}

function Values({ preview }: { preview: PushPreview }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { looked, differing, unread, listings } = preview
  const summary = looked === 0 ? t('push.none') : differing === 0 ? t('push.same') : null
  return (
    <>
      <p>
        <strong>
          {summary ?? t('push.summary', { looked: format.number(looked), differing: format.number(differing) })}
        </strong>{' '}
        {listings.length < differing && t('push.shown', { value: format.number(listings.length) })}{' '}
        {unread > 0 && t('push.unread', { value: format.number(unread) })}
      </p>
      {listings.length > 0 && (
        <table className="why-table" data-testid="preview">
          <thead>
            <tr>
              <th scope="col">{t('push.item')}</th>
              <th scope="col" className="right">
                {t('push.theirs')}
              </th>
              <th scope="col" className="right">
                {t('push.wouldSend')}
              </th>
            </tr>
          </thead>
          <tbody>
            {listings.map((listing) => (
              <tr key={listing.listingId}>
                <td>
                  <span className="mono">{listing.sku}</span> <span className="dim">{listing.name}</span>
                </td>
                <td
                  className="numeric right"
                  title={listing.shownAt === null ? undefined : format.exact(listing.shownAt)}
                >
                  {listing.shown === null ? t('push.unknown') : format.number(listing.shown)}
                </td>
                <td className="numeric right">
                  <strong className={listing.wouldSend === 0 ? 'tone-warn' : undefined}>
                    {format.number(listing.wouldSend)}
                  </strong>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}
