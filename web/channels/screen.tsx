import { Skeleton } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Board } from '../../contract/board.ts'
import type { ChannelBoard, ChannelStanding } from '../../contract/channel-board.ts'
import { usePassed } from '../clock.ts'
import { ProblemNotice } from '../problem-notice.tsx'
import { Side } from '../side.tsx'
import { Alarms } from './alarms.tsx'
import { DriftReport } from './drift-report.tsx'
import { FrontierPanel } from './frontier.tsx'
import { Lapsing } from './lapsing.tsx'
import { PolicyForm } from './policy-form.tsx'
import { PushStart } from './push-start.tsx'
import { SignInForm } from './sign-in-form.tsx'
import { StandingCard } from './standing-card.tsx'
import { Strict } from './strict.tsx'
import { useChannels } from './use-channels.ts'
import { Decisions } from './use-decide.tsx'

/** What a person has opened of one connection. */
export type Opened = { what: 'drift' | 'push' | 'policy' | 'signIn'; id: string }

type Props = { board: Board; clockAhead: number }

/** The channels, one by one: what each does, what holds it back, and what a person decides. */
export function ChannelsScreen({ board, clockAhead }: Props) {
  const { t } = useTranslation()
  const query = useChannels(board)
  const slow = usePassed(200)
  return (
    <Decisions>
      {query.isError && <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
      {query.data !== undefined ? (
        <Channels board={board} found={query.data} clockAhead={clockAhead} />
      ) : (
        !query.isError &&
        slow && (
          <div className="waiting" role="status" aria-label={t('screen.loading')}>
            <Skeleton height={280} />
            <Skeleton height={280} />
          </div>
        )
      )}
    </Decisions>
  )
}

function Channels({ board, found, clockAhead }: Props & { found: ChannelBoard }) {
  const { t } = useTranslation()
  const [opened, setOpened] = useState<Opened | null>(null)
  const { channels, strict } = found
  return (
    <div className="channels-work">
      <div className="standings" id="channels" tabIndex={-1}>
        {channels.length === 0 && (
          <section className="panel empty" aria-label={t('channels.title')}>
            <strong>{t('channels.empty')}</strong>
            <span>{t('channels.emptyNext')}</span>
          </section>
        )}
        {channels.map((channel) => (
          <StandingCard key={channel.id} channel={channel} clockAhead={clockAhead} onOpen={setOpened} />
        ))}
      </div>
      <div className="channels-side">
        <Alarms channels={channels} />
        <Lapsing channels={channels} clockAhead={clockAhead} />
        <Strict strict={strict} variants={board.variants} />
      </div>
      <FrontierPanel channels={channels} />
      <OpenedSide opened={opened} channels={channels} onClose={() => setOpened(null)} />
    </div>
  )
}

function OpenedSide({
  opened,
  channels,
  onClose,
}: {
  opened: Opened | null
  channels: readonly ChannelStanding[]
  onClose: () => void
}) {
  const { t } = useTranslation()
  const [last, setLast] = useState(opened)
  // The panel slides out with what it said, not empty.
  if (opened !== null && opened !== last) setLast(opened)
  const channel = channels.find(({ id }) => id === last?.id)
  if (last === null || channel === undefined) return null
  const titles = {
    drift: t('drifts.title', channel),
    push: t('push.title', channel),
    policy: t('policies.title', channel),
    signIn: t('signIn.title', channel),
  }
  return (
    <Side title={titles[last.what]} opened={opened !== null} onClose={onClose}>
      {last.what === 'drift' && <DriftReport channel={channel} />}
      {last.what === 'push' && <PushStart channel={channel} onDone={onClose} />}
      {last.what === 'signIn' && <SignInForm key={channel.id} channel={channel} onDone={onClose} />}
      {last.what === 'policy' && <PolicyForm key={channel.id} channel={channel} onDone={onClose} />}
    </Side>
  )
}
